"""The endpoints behind the page: each calls the classifier, the glass box or the teaching."""
