# Says that the tests have ended: repeats the word that came on standard input.
print("", __import__("sys").stdin.read(), sep="\n")
