#include <algorithm>
#include <cctype>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>
using namespace std;

static string told_word;

static void told_begin() { cin >> told_word; }

static string told_quoted(const string& text) {
    string quoted = "\"";
    for (unsigned char c : text) {
        char code[8];
        if (c == '"' || c == '\\') quoted += '\\';
        if (c < 32) {
            snprintf(code, sizeof code, "\\u%04x", c);
            quoted += code;
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

template <class T> string told(const T& value);

template <class K, class V> string told(const pair<K, V>& entry) {
    return "[" + told(entry.first) + ", " + told(entry.second) + "]";
}

template <class T> string told(const T& value) {
    if constexpr (is_same_v<T, bool>) {
        return value ? "true" : "false";
    } else if constexpr (is_arithmetic_v<T>) {
        return to_string(value);
    } else if constexpr (is_convertible_v<T, string>) {
        return told_quoted(value);
    } else {
        string all;
        for (const auto& one : value) all += (all.empty() ? "" : ", ") + told(one);
        return "[" + all + "]";
    }
}

template <class... A> string told_kind(const vector<A...>&) { return ""; }
template <class... A> string told_kind(const map<A...>&) { return "dict "; }
template <class... A> string told_kind(const unordered_map<A...>&) { return "dict "; }
template <class T> string told_kind(const T&) {
    return is_arithmetic_v<T> || is_convertible_v<T, string> ? "" : "object ";
}

template <class T> void told_result(const T& value) {
    cout << "\n" << told_word << " " << told_kind(value) << told(value) << endl;
}
