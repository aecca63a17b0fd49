"""Sign the model files of a folder, for maintainers: what `scripts/sign-models` starts."""

import argparse
import sys
from pathlib import Path

from digitnet.errors import DigitnetError
from digitnet.model_file.manifest import MANIFEST_NAME, SIGNATURE_NAME, sign_folder

__all__ = ["main"]


def main(arguments: list[str]) -> str | None:
    """Sign the folder that is named; what went wrong, or None."""
    parser = argparse.ArgumentParser("sign-models", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds the model files, such as a run folder")
    parser.add_argument(
        "--key", type=Path, required=True, help="the private key: Ed25519, a PEM file without a password"
    )
    asked = parser.parse_args(arguments)
    try:
        names = sign_folder(asked.folder, asked.key)
    except DigitnetError as error:
        return f"sign-models: {error}"
    sys.stdout.write(f"{asked.folder}: {MANIFEST_NAME} lists {', '.join(names)}; {SIGNATURE_NAME} is its signature\n")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
