"""What a text states of its licence: one that we know, another one, or none."""

import pathlib
import sysconfig

import pytest

from data_pipeline.text.corpus import licence_expression
from data_pipeline.text.corpus.statements import of_notice, of_source

MIT = """Copyright (c) 2020 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
"""
BSD = """Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:
"""
THIRD = """   * Neither the name of Google Inc. nor the names of its contributors"""


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("// SPDX-License-Identifier: Apache-2.0\nint x;", "Apache-2.0"),
        ("# SPDX-License-Identifier: MIT OR Apache-2.0\n", "MIT OR Apache-2.0"),
        ("/* SPDX-License-Identifier: GPL-2.0+ */\n", "GPL-2.0+"),
        ("<!-- SPDX-License-Identifier: MIT -->", "MIT"),
        (MIT, "MIT"),
        (BSD, "BSD-2-Clause"),
        (BSD + THIRD, "BSD-3-Clause"),
        (
            "// Distributed under the Boost Software License, Version 1.0.\n",
            "BSL-1.0",
        ),
        (
            "/* This code is free software; under the terms of the GNU General\n"
            " * Public License version 2 only, ... Oracle designates this file as\n"
            ' * subject to the "Classpath" exception */',
            "GPL-2.0-only WITH Classpath-exception-2.0",
        ),
        (
            "// the terms of the GNU General Public License as published by the\n"
            "// Free Software Foundation; either version 3, or (at your option)\n"
            "// any later version. ... GCC Runtime Library Exception,\n",
            "GPL-3.0-or-later WITH GCC-exception-3.1",
        ),
        (
            "# the GNU General Public License as published by the Free Software\n"
            "# Foundation, either version 3 of the License, or any later version",
            "GPL-3.0-or-later",
        ),
        ("Apache License\nVersion 2.0, January 2004", "Apache-2.0"),
        ("print('permission')", None),
        ("x = 1\n" * 1000 + MIT, None),  # not at the head
    ],
)
def test_a_file_states_its_licence(text, licence):
    assert of_source(text.encode()) == licence


COMMON = pathlib.Path("/usr/share/common-licenses")
FULL = {
    "Apache-2.0": "Apache-2.0",
    "Artistic": "unknown",
    "BSD": "BSD-3-Clause",
    "CC0-1.0": "CC0-1.0",
    "GFDL-1.2": "GFDL-1.2-only",
    "GFDL-1.3": "GFDL-1.3-only",
    "GPL-1": "GPL-1.0-only",
    "GPL-2": "GPL-2.0-only",
    "GPL-3": "GPL-3.0-only",
    "LGPL-2": "LGPL-2.0-only",
    "LGPL-2.1": "LGPL-2.1-only",
    "LGPL-3": "LGPL-3.0-only",
    "MPL-1.1": "MPL-1.1",
    "MPL-2.0": "MPL-2.0",
}


@pytest.mark.parametrize("name", FULL)
def test_whole_licences_are_themselves_whatever_they_speak_of(name):
    """GPL 2 speaks of LGPL, MPL 2.0 of all of GNU's."""
    if not (COMMON / name).is_file():
        pytest.skip(f"no {COMMON / name}, which Debian has")
    assert of_notice((COMMON / name).read_bytes()) == FULL[name]


# As authors are told to write it.
NOTICE = """This program is free software: you can redistribute it and/or modify
it under the terms of the GNU {} General Public License as published by
the Free Software Foundation, either version {} of the License, or
(at your option) any later version."""


@pytest.mark.parametrize(
    ("kind", "version", "licence"),
    [
        ("", "2", "GPL-2.0-or-later"),
        ("Lesser", "2.1", "LGPL-2.1-or-later"),
        ("Lesser", "3", "LGPL-3.0-or-later"),
        ("Library", "2", "LGPL-2.0-or-later"),
        ("Affero", "3", "AGPL-3.0-or-later"),
    ],
)
def test_a_notice_says_which_versions_one_may_take(kind, version, licence):
    notice = NOTICE.format(kind, version)
    assert of_source(notice.encode()) == licence
    alone = notice.replace("either version", "version").partition(", or\n")[0]
    assert of_source(alone.encode()) == licence.replace("or-later", "only")
    assert of_source(f"{MIT}\n{notice}".encode()) == "MIT"  # named first


@pytest.mark.parametrize(
    "header",
    [
        "under the GNU General Public License",
        "License: GPLv3",
        "SPDX says nothing. Released under the LGPL.",
        "Copyright X. Proprietary. All rights reserved.",
        "under the Eclipse Public License 2.0, see the LICENSE file",
        "The contents of this file are subject to the CDDL.",
        "Licensed under the Foo Public License.",
        "Dual licensed under the MIT or GPL Version 2 licenses.",
        "Unauthorized copying of this file is strictly prohibited.",
        "Licensed under the MIT, GPL and BSD licenses.",
        "Licensed under MIT & GPL",
        "Released under MIT + GPLv3",
        "MIT/GPL licenses",
        "Released under MIT or BSD",
        "This is not under the MIT license.",
        "Licensed under MIT for non-commercial use only",
        "Licensed under MIT. For non-commercial use.",
        "Licensed under the MIT License. Parts are under a BSD-style license.",
        "MIT licensed. ISC licensed.",
    ],
)
@pytest.mark.parametrize(
    "comment", ["# {}\nx = 1\n", "/*\n * {}\n */\n", '"""Sums.\n\n{}\n"""\n']
)
def test_a_licence_that_is_not_known_is_stated_all_the_same(header, comment):
    assert of_source(comment.format(header).encode()) == "unknown"


@pytest.mark.parametrize(
    "header",
    [
        "Copyright 2009 The Go Authors. All rights reserved.\n// Use of this source is "
        "governed by a BSD-style\n// license that can be found in the LICENSE file.",
        "Copyright (c) X. All rights reserved.",
        "See LICENSE.txt for license information.",
        "under the same terms as the rest",
        "Sums in terms of the licence plates of cars, GPL-compatible.",
        "Wraps the MIT licensed library foo.",
        "Colours of X (licensed under MIT).\n// :license: BSD, see LICENSE.",
    ],
)
def test_mentions_and_what_says_where_the_licence_lies_state_none(header):
    assert of_source(f"// {header}\npackage x\n".encode()) is None


@pytest.mark.parametrize(
    ("header", "licence"),
    [
        ("Licensed under the MIT License.", "MIT"),
        ("MIT Licensed", "MIT"),
        ("@license MIT", "MIT"),
        ("License: BSD-3-Clause", "BSD-3-Clause"),
        ("Released under the Apache-2.0 license", "Apache-2.0"),
    ],
)
def test_a_licence_may_be_named_alone(header, licence):
    assert of_source(f"/*! {header} */\n'use strict';\n".encode()) == licence
    above = "Copyright (c) X. All rights reserved.\n"
    both = f'"""{above}{header}\n\nSee LICENSE.txt for more."""\n'
    assert of_source(both.encode()) == licence
    assert of_source(f"x = 1;\nsay('{header}');\n".encode()) is None


@pytest.mark.parametrize("header", [MIT, "Licensed under the MIT\nlicense.\n"])
@pytest.mark.parametrize(
    "source",
    [
        "\ufeff/* {} */\nint x;",
        'u"""Sums.\n\n{}"""\nx = 1\n',
        "U'''Sums.\n\n{}'''\n",
        "package a.b;\n\n/*\n{}*/\nclass X {{}}",
    ],
)
def test_a_statement_is_found_behind_what_stands_before_it(source, header):
    assert of_source(source.format(header).encode()) == "MIT"
    other = "Licensed under the Foo Public License."
    assert of_source(source.format(other).encode()) == "unknown"


def test_a_name_beside_the_words_of_another_licence_is_not_known():
    assert of_source(f"/* MIT License\n\n{MIT} */".encode()) == "MIT"
    assert of_source(f"/* ISC License\n\n{MIT} */".encode()) == "unknown"


def test_of_several_tags_all_must_hold():
    tag = "// SPDX-License-Identifier: {}\n".format
    one = of_source((tag("MIT") + tag("GPL-3.0-only") + "int x;").encode())
    assert one == "MIT AND GPL-3.0-only"
    assert not licence_expression.allows(one, ["MIT"])
    assert licence_expression.allows(one, ["GPL-3.0-only", "MIT"])
    two = of_source((tag("MIT OR ISC") + tag("0BSD") + tag("0BSD")).encode())
    assert two == "(MIT OR ISC) AND 0BSD"
    assert of_source((tag("MIT") * 2).encode()) == "MIT"


EPL = "Eclipse Public License - v 2.0\n\nTHE ACCOMPANYING PROGRAM IS PROVIDED UNDER"
BUSL = "Business Source License 1.1\n\nChange License: Apache License, Version 2.0\n"


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (EPL, "unknown"),
        (BUSL, "unknown"),
        ("Creative Commons Attribution-NonCommercial 4.0", "unknown"),
        ("GNU General Public License", "unknown"),
        ("Copyright X. All rights reserved.", "unknown"),
        ("You may use this on Mondays, under the terms below.", "unknown"),
        ("The MIT License (MIT)", "MIT"),
        ("Copyright (c) 2020 X", None),
        ("See ../LICENSE", None),
        ("Under MIT and Apache-2.0: see LICENSE-MIT and LICENSE-APACHE.", None),
        ("", None),
    ],
)
def test_a_file_for_the_purpose_states_a_licence_or_points_to_one(text, licence):
    assert of_notice(text.encode()) == licence


def test_the_licence_of_python_is_its_own():
    path = pathlib.Path(sysconfig.get_path("stdlib"), "LICENSE.txt")
    if not path.is_file():
        pytest.skip(f"no {path}")
    assert of_notice(path.read_bytes()) == "PSF-2.0"
