"""Pictures of digits, rendered or taken from a folder, read through the public interface, and counted."""
