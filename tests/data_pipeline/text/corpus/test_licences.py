"""Licences of files: what they say themselves, and what is said around them."""

import importlib.metadata
import json
import pathlib
import sysconfig

import pytest

from data_pipeline.text.corpus.licences import Surroundings
from data_pipeline.text.corpus.tree import Tree
from tests.data_pipeline.text.corpus.made import write

MIT = """Copyright (c) 2020 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
"""
BSD = """Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:
"""


def test_the_nearest_licence_counts(tmp_path):
    write(
        tmp_path,
        {
            "LICENSE.txt": BSD,
            "a/x.py": "",
            "a/b/COPYING": MIT,
            "a/b/c/x.py": "",
            "node/one/package.json": '{"license": "ISC"}',
            "node/one/lib/x.js": "",
            "node/old/package.json": '{"license": {"type": "0BSD"}}',
            "node/old/x.js": "",
            "node/broken/package.json": "{",
            "node/broken/x.js": "",
            "crate/Cargo.toml": '[package]\nlicense = "MIT OR Apache-2.0"\n',
            "crate/src/x.rs": "",
            "other/license.py": MIT,
            "other/x.py": "",
        },
    )
    around = Surroundings(Tree.open(tmp_path))
    expected = {
        "a/x.py": "BSD-2-Clause",
        "a/b/c/x.py": "MIT",
        "node/one/lib/x.js": "ISC",
        "node/old/x.js": "0BSD",
        "node/broken/x.js": "BSD-2-Clause",
        "crate/src/x.rs": "MIT OR Apache-2.0",
        "other/x.py": "BSD-2-Clause",
    }
    assert {name: around.of(name) for name in expected} == expected


def test_nothing_above_overrules_a_licence_that_is_not_known(tmp_path):
    several = '{"licenses": [{"type": "MIT"}, {"type": "GPL-2.0"}]}'
    write(
        tmp_path,
        {
            "LICENSE": MIT,
            "epl/LICENSE.md": "Eclipse Public License - v 2.0",
            "epl/deep/x.py": "",
            "busl/LICENSE": "Business Source License 1.1",
            "busl/LICENSE-3RD-PARTY": MIT,
            "gpl/COPYING": "GNU General Public License",
            "old/package.json": several,
            "odd/package.json": '{"license": {"name": "MIT"}}',
            "crate/Cargo.toml": '[package]\nlicense-file = "EULA"\n',
            "both/LICENSE": "You may use this on Mondays, under the terms below.",
            "both/package.json": '{"license": "ISC"}',
            "notice/COPYRIGHT": "Copyright (c) 2020 X",
            "notice/license": "See the LICENSE file of the project.",
            "rights/COPYRIGHT": "Copyright (c) 2020 X. All rights reserved.",
            "rights/LICENSE": BSD,
        },
    )
    around = Surroundings(Tree.open(tmp_path), "PSF-2.0")
    expected = {
        "epl/deep/x.py": "unknown",
        "busl/x.py": "unknown",
        "gpl/x.py": "unknown",
        "old/x.js": "MIT OR GPL-2.0",
        "odd/x.js": "unknown",
        "crate/x.rs": "unknown",
        "both/x.js": "ISC",
        "notice/x.py": "MIT",
        "rights/x.py": "BSD-2-Clause",
    }
    assert {name: around.of(name) for name in expected} == expected
    write(tmp_path, {"LICENSE": "Eclipse Public License - v 2.0"})
    assert Surroundings(Tree.open(tmp_path), "PSF-2.0").of("x.py") == "unknown"


ABOUT = [
    *("license.hpp", "license.mjs", "LICENSE_test.cjs", "licenses.cc", "license.ts"),
    *("license_plates.csv", "license-checker.json", "copyright.html", "Licensed.txt"),
]


@pytest.mark.parametrize("name", ABOUT)
def test_programs_and_tables_about_licences_are_none(tmp_path, name):
    for words in MIT, "Terms of a licence that nobody knows":
        write(tmp_path, {"LICENSE": BSD, f"x/{name}": f"/* {words} */", "x/y.js": ""})
        assert Surroundings(Tree.open(tmp_path)).of("x/y.js") == "BSD-2-Clause"


NAMES = [
    *("LICENSE-APACHE", "LICENSE-Apache-2.0.txt", "LICENSE.BSD", "LICENSE_1_0.txt"),
    *("COPYING3", "COPYING.LESSER", "license-gpl.md", "LICENSE.CC", "Copyright.rst"),
]


@pytest.mark.parametrize("name", NAMES)
def test_files_are_named_after_a_licence(tmp_path, name):
    epl = "Eclipse Public License - v 2.0"
    write(tmp_path, {"LICENSE": MIT, f"x/{name}": epl, "x/y.js": ""})
    assert Surroundings(Tree.open(tmp_path)).of("x/y.js") == "unknown"


def test_where_nothing_is_stated_the_place_decides(tmp_path):
    write(tmp_path, {"a/x.py": ""})
    tree = Tree.open(tmp_path)
    assert Surroundings(tree).of("a/x.py") == "unknown"
    assert Surroundings(tree, "PSF-2.0").of("a/x.py") == "PSF-2.0"


def test_installed_packages_are_under_what_their_metadata_say(tmp_path):
    write(
        tmp_path,
        {
            "one-1.0.dist-info/METADATA": "Name: one\nLicense-Expression: MIT\n\nText",
            "one-1.0.dist-info/RECORD": "one/x.py,,\n../bin/one,,\nalone.py,,",
            "two-1.0.dist-info/METADATA": (
                "Name: two\nClassifier: License :: OSI Approved :: BSD License\n"
            ),
            "two-1.0.dist-info/RECORD": "two/x.py,sha256=1,2\n",
            "four-1.0.dist-info/METADATA": "Name: four\nLicense: BSD License\n",
            "four-1.0.dist-info/RECORD": (
                "four/x.py,,\nfour-1.0.dist-info/licenses/LICENSE.txt,,\n"
            ),
            "four-1.0.dist-info/licenses/LICENSE.txt": (
                "Redistribution and use in source and binary forms, with or without\n"
                "modification, are permitted. Neither the name of X may be used.\n"
            ),
            "four/x.py": "",
            "one/deep/x.py": "",
            "alone.py": "",
            "two/x.py": "",
            "three/x.py": "",
        },
    )
    around = Surroundings(Tree.open(tmp_path))
    names = ("one/deep/x.py", "alone.py", "two/x.py", "three/x.py", "four/x.py")
    assert [around.of(name) for name in names] == [
        *("MIT", "MIT", "BSD License", "unknown", "BSD-3-Clause"),
    ]


def test_a_package_whose_licence_is_not_known_is_under_no_other(tmp_path):
    """It has several files in its metadata, of which some are mere notices."""
    texts = {
        "one": {"LICENSE": "Eclipse Public License - v 2.0", "AUTHORS": "X"},
        "two": {"LICENSE": MIT, "COPYRIGHT": "Copyright (c) X", "AUTHORS": "X"},
        "three": {"LICENSE": MIT, "LICENSE-EPL": "Eclipse Public License - v 2.0"},
        "four": {"AUTHORS": "X"},
    }
    for name, files in texts.items():
        folder = f"{name}-1.0.dist-info"
        record = "".join(f"{folder}/licenses/{file},,\n" for file in files)
        write(tmp_path / folder / "licenses", files)
        told = {"METADATA": f"Name: {name}\n", "RECORD": f"{name}.py,,\n{record}"}
        write(tmp_path / folder, told)
    around = Surroundings(Tree.open(tmp_path), "0BSD")
    found = {name: around.of(f"{name}.py") for name in texts}
    assert found == {"one": "unknown", "two": "MIT", "three": "unknown", "four": "0BSD"}


def test_packages_that_share_a_folder_have_their_own_licences(tmp_path):
    packages = {
        "one": ("MIT", 'space/one.py,,\n"space/a,b.py",,\nspace/both.py,,'),
        "two": ("Apache-2.0", "space/two.py,,\nspace/both.py,,"),
        "three": ("UNKNOWN", "space/three.py,,"),
    }
    for name, (licence, files) in packages.items():
        folder = f"{name}-1.0.dist-info"
        metadata = f"Name: {name}\nLicense: {licence}\n"
        write(tmp_path, {f"{folder}/METADATA": metadata, f"{folder}/RECORD": files})
    around = Surroundings(Tree.open(tmp_path), "0BSD")
    expected = {
        "space/one.py": "MIT",
        "space/a,b.py": "MIT",
        "space/two.py": "Apache-2.0",
        **{f"space/{name}.py": "0BSD" for name in ("three", "both", "unlisted")},
    }
    assert {name: around.of(name) for name in expected} == expected


def test_the_packages_that_are_installed_here_have_the_licences_that_they_say():
    """Among them two that share the folder `google`."""
    place = sysconfig.get_path("purelib")
    around = Surroundings(Tree.open(pathlib.Path(place)))
    checked = set()
    for package in importlib.metadata.distributions(path=[place]):
        said = package.metadata["License-Expression"] or package.metadata["License"]
        if said in ("MIT", "Apache-2.0", "BSD-3-Clause"):
            names = [str(file) for file in package.files or () if file.suffix == ".py"]
            own = [name for name in names if ".." not in name]
            checked |= {(said, around.of(name)) for name in own}
    assert checked == {(said, said) for said, _ in checked}
    assert len(checked) == 3


# Of ptyprocess 0.7.0, shortened.
PTYPROCESS = """Metadata-Version: 2.1
Name: ptyprocess
License: UNKNOWN
Author: Thomas Kluyver
Classifier: Intended Audience :: Developers
Classifier: License :: OSI Approved :: {}
Classifier: Operating System :: POSIX

Launch a subprocess in a pseudo terminal (pty), and interact with both the
process and its pty.
"""


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        (PTYPROCESS.format("ISC License (ISCL)"), "ISC License (ISCL)"),
        (PTYPROCESS.format("MIT License"), "MIT"),
        ("Name: x\n\nOther packages say\nLicense: MIT\n", "unknown"),
        ("Name: x\n\nClassifier: License :: OSI Approved :: MIT License", "unknown"),
        ("License: BSD\nLicense-Expression: BSD-3-Clause\n", "BSD-3-Clause"),
        ("License: MIT License\n        \n        Copyright (c) X\n", "MIT"),
    ],
)
def test_the_headers_of_metadata_count_alone(tmp_path, metadata, licence):
    folder = "x-1.dist-info"
    write(tmp_path, {f"{folder}/METADATA": metadata, f"{folder}/RECORD": "x.py,,"})
    assert Surroundings(Tree.open(tmp_path)).of("x.py") == licence


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Cargo.toml", "package = 3\n"),
        ("Cargo.toml", '[[package]]\nlicense = "MIT"\n'),
        ("Cargo.toml", "[package]\nlicense.workspace = true\n"),
        ("Cargo.toml", "a = " + "[" * 100_000),
        ("package.json", '{"license":' + "[" * 100_000),
        ("package.json", "[3]"),
        ("package.json", '{"license": 3}'),
        ("x-1.dist-info/RECORD", 'x.py,"' + "x" * 200_000),
    ],
)
def test_what_is_oddly_written_says_nothing(tmp_path, name, content):
    write(tmp_path, {"x-1.dist-info/METADATA": "License: MIT\n", name: content})
    assert Surroundings(Tree.open(tmp_path), "0BSD").of("x.py") == "0BSD"


def test_a_licence_that_is_no_text_is_told_as_one(tmp_path):
    write(tmp_path, {"package.json": json.dumps({"license": "\ud800"})})
    licence = Surroundings(Tree.open(tmp_path)).of("x.js")
    assert licence.encode() == b"\\ud800"
