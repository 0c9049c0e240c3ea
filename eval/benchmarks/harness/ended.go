// Says that the tests have ended: repeats the word that came on standard input.
package main

import (
	"io"
	"os"
)

func testsEnded() {
	word, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString("\n" + string(word) + "\n")
}
