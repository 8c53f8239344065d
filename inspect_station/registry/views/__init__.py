"""The register's pages: lists, forms, downloads. The pages of one device and one firm are `portal`'s."""

from flask import Blueprint

pages = Blueprint("registry", __name__)

from inspect_station.registry.views import (  # noqa: E402 - each adds its pages to the blueprint above
    documents,
    enterprises,
    equipment,
    imports,
    inspections,
)

__all__ = ["documents", "enterprises", "equipment", "imports", "inspections", "pages"]
