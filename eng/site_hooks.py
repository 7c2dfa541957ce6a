"""MkDocs hooks: add the pages and files outside ``docs/`` that the pages link to, and adapt the links to them.

The links of the pages are those of the repository, so that they work in a checkout too. In the site, ``docs/`` is the root.
"""

import html
import posixpath
import re
from pathlib import Path
from typing import Any, Iterator

from mkdocs.structure.files import File

REPOSITORY = Path(__file__).resolve().parents[1]

#: Code, which stays as it is, or the target of a link.
_CODE_OR_LINK = re.compile(r"^```.*?^```$|(?P<ticks>`+).+?(?P=ticks)|(?<=\]\()(?P<target>[^)\s#:]+)(?=[)#])", re.MULTILINE | re.DOTALL)

#: The folders that pages link to.
_folders: "set[str]" = set()


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Adds the pages of the navigation that are outside ``docs/``, and the files and folders that any page links to."""
    outside = [name for name in _names(config["nav"]) if not (REPOSITORY / "docs" / name).exists()]
    pages = [*(f"docs/{file.src_uri}" for file in files.documentation_pages()), *outside]
    targets = {_resolve(page, match["target"]) for page in pages for match in _links(page)}
    _folders.clear()
    _folders.update(name for name in targets if (REPOSITORY / name).is_dir())
    inside = [str(path.relative_to(REPOSITORY)) for name in _folders for path in _files_in(REPOSITORY / name)]
    for name in sorted({*outside, *inside, *targets} - _folders):
        if not name.startswith("docs/"):
            files.append(File(name, str(REPOSITORY), config["site_dir"], config["use_directory_urls"]))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Adapts the links to the places of the files in the site."""
    uri = page.file.src_uri
    name = uri if page.file.abs_src_path == str(REPOSITORY / uri) else f"docs/{uri}"

    def adapted(match: "re.Match[str]") -> str:
        target = match["target"]
        if not target:
            return match[0]
        found = _resolve(name, target)
        relative = posixpath.relpath(found.removeprefix("docs/"), posixpath.dirname(uri) or ".")
        # MkDocs looks for no page at a path that ends with a slash.
        return f"{relative}/" if found in _folders else relative

    return _CODE_OR_LINK.sub(adapted, markdown)


def on_page_content(content: str, **_: Any) -> str:
    """Lets a reader without a mouse focus a table, to scroll it where it is wider than the screen."""
    return content.replace("<table>", '<table tabindex="0">')


def on_post_build(config: Any, **_: Any) -> None:
    """Writes the list of files of each folder that a page links to, unless its README.md is the page of the folder."""
    for name in _folders:
        if (REPOSITORY / name / "README.md").exists():
            continue
        folder = Path(config["site_dir"], name.removeprefix("docs/"))
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "index.html")
        items = "".join(f'<li><a href="{html.escape(item)}">{html.escape(item)}</a></li>' for item in names)
        title = html.escape(name)
        (folder / "index.html").write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1><ul>{items}</ul></html>\n')


def _files_in(folder: Path) -> "Iterator[Path]":
    return (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _names(nav: Any) -> "Iterator[str]":
    """Yields the pages of a navigation."""
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from _names(entry)


def _links(page: str) -> "Iterator[re.Match[str]]":
    return (match for match in _CODE_OR_LINK.finditer((REPOSITORY / page).read_text()) if match["target"])


def _resolve(page: str, target: str) -> str:
    """Returns the path of a link's target in the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
