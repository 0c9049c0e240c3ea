"""The same small programs in six languages."""

from eval.sandbox.languages import LANGUAGES
from eval.sandbox.program import Program

# Says hello, then repeats its input, whatever its bytes.
ECHO = {
    "python": """
import sys
print("hello", flush=True)
sys.stdout.buffer.write(sys.stdin.buffer.read())
""",
    "javascript": """
const fs = require("fs");
fs.writeSync(1, "hello\\n");
fs.writeSync(1, fs.readFileSync("/dev/stdin"));
""",
    "go": """
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	fmt.Println("hello")
	io.Copy(os.Stdout, os.Stdin)
}
""",
    "rust": """
use std::io::{copy, stdin, stdout};

fn main() {
    println!("hello");
    copy(&mut stdin(), &mut stdout()).unwrap();
}
""",
    "java": """
package a.b;

public class Main {
    public static void main(String[] arguments) throws Exception {
        System.out.println("hello");
        System.in.transferTo(System.out);
        System.out.flush();
    }
}
""",
    "cpp": """
#include <iostream>

int main() {
    std::cout << "hello\\n";
    if (std::cin.peek() != EOF) std::cout << std::cin.rdbuf();
}
""",
}

# Says what it was told, then fails as its language does.
FAILING = {
    "python": "raise RuntimeError('on purpose')",
    "javascript": "throw new Error('on purpose')",
    "go": 'package main\nfunc main() { panic("on purpose") }',
    "rust": 'fn main() { panic!("on purpose") }',
    "java": """
public class Main {
    public static void main(String[] arguments) {
        throw new RuntimeException("on purpose");
    }
}
""",
    "cpp": """
#include <stdexcept>
int main() { throw std::runtime_error("on purpose"); }
""",
}

# Takes memory and touches it, until there is none.
MEMORY = {
    "python": "a = []\nwhile True: a.append(bytearray(2**22))",
    "javascript": "const a = []; while (true) a.push(new Array(2 ** 17).fill(1.5));",
    "go": """
package main

func main() {
	var all [][]byte
	for {
		one := make([]byte, 1<<22)
		for i := range one {
			one[i] = 1
		}
		all = append(all, one)
	}
}
""",
    "rust": "fn main() { let mut a = vec![]; loop { a.push(vec![1u8; 1 << 22]); } }",
    "java": """
public class Main {
    public static void main(String[] arguments) {
        var all = new java.util.ArrayList<byte[]>();
        while (true) all.add(new byte[1 << 22]);
    }
}
""",
    "cpp": """
#include <vector>
std::vector<std::vector<char>> all;
int main() { while (true) all.emplace_back(1 << 22, 1); }
""",
}

COMPILED = [name for name, language in LANGUAGES.items() if language.compile]


def program(language: str, text: str, *arguments: str, **more: str) -> Program:
    """A program of one file, and what others there may be."""
    entry = LANGUAGES[language].entry
    files = {entry: text, **more}
    return Program(
        language,
        {path: data.encode() for path, data in files.items()},
        entry,
        arguments,
    )
