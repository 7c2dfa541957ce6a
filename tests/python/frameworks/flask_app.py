"""A Flask application with a blueprint."""

from flask import Blueprint, Flask
from flask.globals import request

app = Flask(__name__)
shop = Blueprint("shop", __name__, url_prefix="/shop")


@app.route("/users/<int:number>")
def user(number: int) -> str:
    return str(number)


@shop.route("/<name>/crash")
def crash(name: str) -> str:
    raise ValueError(name)


@app.route("/things/")
@app.route("/shelves/<name>/")
def things(name: str = "") -> str:
    return name


@app.before_request
def guard() -> "tuple[str, int] | None":
    """Rejects requests with ``deny`` in their query."""
    return ("no", 403) if "deny" in request.args else None


app.register_blueprint(shop)
