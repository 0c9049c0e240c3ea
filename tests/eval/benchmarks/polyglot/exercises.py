"""A small exercise in six languages, laid out as Exercism lays out its own.

Written for these tests. As there, all tests but the first are skipped in the way of
their language, and the authors' solution lies in `.meta`.
"""

import json
import pathlib

CATCH = pathlib.Path("/usr/include/catch2/catch.hpp")
"""Catch 2, which exercises in C++ bring along; here it is the system's, if there."""

INSTRUCTIONS = """\
# Instructions

Count the steps that halve an even number, or triple an odd one and add one, until the
number is one. A number below one is an error.
"""

PYTHON = {
    "halving_steps.py": "def steps(number):\n    pass\n",
    "halving_steps_test.py": """\
import unittest

from halving_steps import steps


class HalvingStepsTest(unittest.TestCase):
    def test_one_needs_none(self):
        self.assertEqual(steps(1), 0)

    def test_twelve_needs_nine(self):
        self.assertEqual(steps(12), 9)

    def test_zero_is_an_error(self):
        with self.assertRaises(ValueError) as err:
            steps(0)
        self.assertEqual(err.exception.args[0], "Only positive numbers")
""",
    ".meta/example.py": """\
def steps(number):
    if number < 1:
        raise ValueError("Only positive numbers")
    count = 0
    while number != 1:
        number = 3 * number + 1 if number % 2 else number // 2
        count += 1
    return count
""",
}

JAVASCRIPT = {
    "halving-steps.js": """\
export const steps = () => {
  throw new Error('Remove this statement and implement this function');
};
""",
    "halving-steps.spec.js": """\
import { describe, expect, test, xtest } from '@jest/globals';
import { steps } from './halving-steps';

describe('Halving steps', () => {
  test('one needs none', () => {
    expect(steps(1)).toEqual(0);
  });

  xtest('twelve needs nine', () => {
    expect(steps(12)).toEqual(9);
  });

  xtest('zero is an error', () => {
    expect(() => steps(0)).toThrow(new Error('Only positive numbers'));
  });
});
""",
    "package.json": '{"scripts": {"test": "jest ./*"}}\n',
    ".meta/proof.ci.js": """\
export const steps = (number) => {
  if (number < 1) throw new Error('Only positive numbers');
  let count = 0;
  for (let n = number; n !== 1; n = n % 2 ? 3 * n + 1 : n / 2) count += 1;
  return count;
};
""",
}

GO = {
    "halving_steps.go": """\
package halvingsteps

func Steps(n int) (int, error) {
\tpanic("Please implement the Steps function")
}
""",
    "halving_steps_test.go": """\
package halvingsteps

import "testing"

func TestSteps(t *testing.T) {
\tfor _, c := range cases {
\t\tgot, err := Steps(c.number)
\t\tif c.fails != (err != nil) || got != c.steps {
\t\t\tt.Errorf("Steps(%d) = %d, %v, want: %d", c.number, got, err, c.steps)
\t\t}
\t}
}

func TestStepsOfNegative(t *testing.T) {
\tif _, err := Steps(-1); err == nil {
\t\tt.Error("Steps(-1) has no error")
\t}
}
""",
    "cases_test.go": """\
package halvingsteps

var cases = []struct {
\tnumber, steps int
\tfails         bool
}{{1, 0, false}, {12, 9, false}, {0, 0, true}}
""",
    "go.mod": "module halvingsteps\n\ngo 1.18\n",
    ".meta/example.go": """\
package halvingsteps

import "errors"

func Steps(n int) (int, error) {
\tif n < 1 {
\t\treturn 0, errors.New("only positive numbers")
\t}
\tcount := 0
\tfor ; n != 1; count++ {
\t\tif n%2 == 0 {
\t\t\tn /= 2
\t\t} else {
\t\t\tn = 3*n + 1
\t\t}
\t}
\treturn count, nil
}
""",
}

RUST = {
    "src/lib.rs": """\
pub fn steps(n: u64) -> Option<u64> {
    todo!("return Some(x) where x is the number of steps for {n}")
}
""",
    "tests/halving_steps.rs": """\
use halving_steps::*;

#[test]
fn one_needs_none() {
    assert_eq!(Some(0), steps(1));
}

#[test]
#[ignore]
fn twelve_needs_nine() {
    assert_eq!(Some(9), steps(12));
}

#[test]
#[ignore]
fn zero_is_an_error() {
    assert_eq!(None, steps(0));
}
""",
    "Cargo.toml": """\
[package]
name = "halving_steps"
version = "0.1.0"
edition = "2021"

[dependencies]
""",
    ".meta/example.rs": """\
pub fn steps(mut n: u64) -> Option<u64> {
    if n == 0 {
        return None;
    }
    let mut count = 0;
    while n != 1 {
        n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
        count += 1;
    }
    Some(count)
}
""",
}

JAVA = {
    "src/main/java/HalvingSteps.java": """\
class HalvingSteps {
    static int of(int number) {
        throw new UnsupportedOperationException("Delete this statement and write it.");
    }
}
""",
    "src/test/java/HalvingStepsTest.java": """\
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

public class HalvingStepsTest {
    @Test
    @DisplayName("one needs none")
    public void one() {
        assertEquals(0, HalvingSteps.of(1));
    }

    @Disabled("Remove to run test")
    @Test
    public void twelve() {
        assertEquals(9, HalvingSteps.of(12));
    }

    @Disabled("Remove to run test")
    @Test
    public void zero() {
        assertThrows(IllegalArgumentException.class, () -> HalvingSteps.of(0));
    }
}
""",
    "build.gradle": "plugins {\n    id 'java'\n}\n",
    ".meta/src/reference/java/HalvingSteps.java": """\
class HalvingSteps {
    static int of(int number) {
        if (number < 1) {
            throw new IllegalArgumentException("Only positive numbers");
        }
        int count = 0;
        for (int n = number; n != 1; n = n % 2 == 0 ? n / 2 : 3 * n + 1) {
            count++;
        }
        return count;
    }
}
""",
}

CPP = {
    "halving_steps.cpp": """\
#include "halving_steps.h"

namespace halving_steps {

// TODO: add your solution here

}  // namespace halving_steps
""",
    "halving_steps.h": """\
#pragma once

namespace halving_steps {

int steps(int number);

}  // namespace halving_steps
""",
    "halving_steps_test.cpp": """\
#include "halving_steps.h"
#ifdef EXERCISM_TEST_SUITE
#include <catch2/catch.hpp>
#else
#include "test/catch.hpp"
#endif

#include <stdexcept>

TEST_CASE("one needs none") { REQUIRE(0 == halving_steps::steps(1)); }

#if defined(EXERCISM_RUN_ALL_TESTS)

TEST_CASE("twelve needs nine") { REQUIRE(9 == halving_steps::steps(12)); }

TEST_CASE("zero is an error") {
    REQUIRE_THROWS_AS(halving_steps::steps(0), std::domain_error);
}

#endif
""",
    "test/tests-main.cpp": '#define CATCH_CONFIG_MAIN\n#include "catch.hpp"\n',
    "CMakeLists.txt": """\
get_filename_component(exercise ${CMAKE_CURRENT_SOURCE_DIR} NAME)
cmake_minimum_required(VERSION 3.5.1)
project(${exercise} CXX)
string(REPLACE "-" "_" file ${exercise})
add_executable(${exercise} ${file}_test.cpp ${file}.cpp ${file}.h test/tests-main.cpp)
set_target_properties(${exercise} PROPERTIES CXX_STANDARD 17)
set_target_properties(${exercise} PROPERTIES
    COMPILE_FLAGS "-Wall -Wextra -Wpedantic -Werror")
if(${EXERCISM_RUN_ALL_TESTS})
    target_compile_definitions(${exercise} PRIVATE EXERCISM_RUN_ALL_TESTS)
endif()
add_custom_target(test_${exercise} ALL DEPENDS ${exercise} COMMAND ${exercise})
""",
    ".meta/example.cpp": """\
#include "halving_steps.h"

#include <stdexcept>

namespace halving_steps {

int steps(int number) {
    if (number < 1) throw std::domain_error("Only positive numbers");
    int count{};
    for (; number != 1; ++count) number = number % 2 ? 3 * number + 1 : number / 2;
    return count;
}

}  // namespace halving_steps
""",
    ".meta/example.h": """\
#pragma once

namespace halving_steps {

int steps(int number);

}  // namespace halving_steps
""",
}

EXERCISES = {
    "cpp": CPP,
    "go": GO,
    "java": JAVA,
    "javascript": JAVASCRIPT,
    "python": PYTHON,
    "rust": RUST,
}


def _kinds(files):
    """The lists of `.meta/config.json`; Rust counts its manifest as solution, too."""
    test = [
        path for path in files if "est." in path or ".spec." in path or "tests/" in path
    ]
    test = [path for path in test if path != "cases_test.go"]
    build = (
        "CMakeLists.txt",
        "package.json",
        "go.mod",
        "build.gradle",
        "cases_test.go",
    )
    rest = [path for path in files if path not in (*test, *build)]
    return {
        "solution": [p for p in rest if not p.startswith((".meta", "test/"))],
        "test": test,
        "example": [path for path in rest if path.startswith(".meta")],
    }


def write(root: pathlib.Path, languages=tuple(EXERCISES)) -> pathlib.Path:
    """A checkout with the exercise in some languages."""
    for language in languages:
        folder = root / language / "exercises" / "practice" / "halving-steps"
        files = dict(EXERCISES[language])
        files[".meta/config.json"] = json.dumps({"files": _kinds(files)})
        files[".docs/instructions.md"] = INSTRUCTIONS
        if language == "cpp" and CATCH.is_file():
            files["test/catch.hpp"] = CATCH.read_text()
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    return root
