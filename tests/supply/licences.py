"""The licence of a package that is installed here, by its name in SPDX."""

from __future__ import annotations

from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

NOT_INSTALLED_HERE = {
    # Wanted on other machines only; looked up in their files.
    "async-timeout": "Apache-2.0",
    "audioop-lts": "PSF-2.0",
}
IN_WORDS = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",  # looked up: jinja2, prompt-toolkit
    "3-Clause BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The MIT License (MIT)": "MIT",
}
COMPATIBLE = {
    "0BSD": "",
    "Apache-2.0": "its NOTICE files stay where they are",
    "BSD-2-Clause": "",
    "BSD-3-Clause": "",
    "ISC": "",
    "MIT": "",
    "MIT-0": "",
    "MPL-2.0": "binds changes to its own files, of which we make none",
    "PSF-2.0": "",
    "Unlicense": "",
}
"""Licences whose packages a program under MIT may be shipped with, and what they ask for beyond being named."""


class UnknownLicence(Exception):
    """Nobody said what this package's licence is."""


def licence_of(package: str) -> str:
    """The expression in SPDX.

    Raises:
        UnknownLicence: Its metadata do not tell, and the tables above do not either.
    """
    try:
        told = metadata(package)
    except PackageNotFoundError:
        if package not in NOT_INSTALLED_HERE:
            raise UnknownLicence(f"{package} is not installed here") from None
        return NOT_INSTALLED_HERE[package]
    for said in _told(told):
        if named := IN_WORDS.get(said, said):
            return named
    raise UnknownLicence(package)


def terms(expression: str) -> frozenset[frozenset[str]]:
    """All that hold at once (AND), each with what may be chosen from (OR). No brackets: nobody we depend on writes any."""
    return frozenset(frozenset(part.split(" OR ")) for part in expression.split(" AND "))


def is_compatible(expression: str) -> bool:
    """Whether each term can be met."""
    return all(choices & COMPATIBLE.keys() for choices in terms(expression))


def _told(told: PackageMetadata) -> list[str]:
    """What the metadata say, the most exact first. Some put the whole text where a name belongs."""
    fields = told.json
    said = [str(fields.get("license_expression", "")), str(fields.get("license", "")).strip().partition("\n")[0].strip()]
    classifiers = fields.get("classifier", [])
    said += [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: OSI")]
    return [one.partition("  ")[0] for one in said if one]
