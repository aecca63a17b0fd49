"""Speed and memory of training and of answering in process, and of whole commands."""
