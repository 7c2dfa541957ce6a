"""A Bottle application with another one mounted."""

from bottle import Bottle, HTTPResponse, request

app = Bottle()
shop = Bottle()


@app.get("/users/<number:int>")
def user(number: int) -> HTTPResponse:
    return HTTPResponse(str(number), status=403 if "deny" in request.query else 200)


@shop.get("/<name>/crash")
def crash(name: str) -> str:
    raise ValueError(name)


app.mount("/shop", shop)
