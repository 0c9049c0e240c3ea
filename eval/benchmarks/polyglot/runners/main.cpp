// Stands in for an exercise's test/tests-main.cpp, which has Catch's own main function:
// output ends in a line with the word from standard input.
#define CATCH_CONFIG_RUNNER
#ifdef EXERCISM_TEST_SUITE
#include <catch2/catch.hpp>
#else
#include "catch.hpp"
#endif
#include <iostream>
#include <string>

int main(int argc, char* argv[]) {
    int code = Catch::Session().run(argc, argv);
    std::string word;
    std::getline(std::cin, word);
    std::cout << '\n' << word << " {\"code\": " << code << "}" << std::endl;
    return code;
}
