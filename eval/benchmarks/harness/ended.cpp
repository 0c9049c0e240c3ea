// Says that the tests have ended: repeats the word that came on standard input.
#include <cstdio>

void tests_ended() {
    char word[64];
    size_t length = std::fread(word, 1, sizeof word, stdin);
    std::fputc('\n', stdout);
    std::fwrite(word, 1, length, stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}
