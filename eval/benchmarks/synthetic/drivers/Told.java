import java.util.*;
import java.util.stream.*;

class Told {
    private static String word;

    static void begin() {
        word = new Scanner(System.in).next();
    }

    static void result(Object value) {
        System.out.println("\n" + word + " " + plain(value));
    }

    private static String plain(Object value) {
        if (value instanceof String) return quoted((String) value);
        if (value instanceof List) return all(((List<?>) value).stream().map(Told::plain));
        if (value instanceof Map) {
            return all(((Map<?, ?>) value).entrySet().stream().map(
                e -> "[" + plain(e.getKey()) + ", " + plain(e.getValue()) + "]"));
        }
        return String.valueOf(value);
    }

    private static String all(Stream<String> values) {
        return values.collect(Collectors.joining(", ", "[", "]"));
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\');
            if (c < 32) quoted.append(String.format("\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }
}
