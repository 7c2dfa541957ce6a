"""A Bottle application with another one mounted."""

from bottle import Bottle, HTTPError, HTTPResponse, request

app = Bottle()
shop = Bottle()


@app.get("/users/<number:int>")
def user(number: int) -> HTTPResponse:
    return HTTPResponse(str(number), status=403 if "deny" in request.query else 200)


@shop.get("/<name>/crash")
def crash(name: str) -> str:
    raise ValueError(name)


@app.hook("before_request")
def guard() -> None:
    """Rejects requests below ``/secret`` before Bottle looks for their route."""
    if request.path.startswith("/secret"):
        raise HTTPError(401)


app.mount("/shop", shop)
