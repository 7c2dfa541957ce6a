"""The smallest WSGI application."""


def app(environ, start_response):
    """Answers every request alike."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello\n"]
