import java.util.*;
import java.util.stream.*;

class Told {
    private static String word;

    static void begin() {
        word = new Scanner(System.in).next();
    }

    static void result(Object value) {
        boolean pairs = value instanceof Map;
        String text = pairs ? "dict " + pairs((Map<?, ?>) value) : plain(value);
        System.out.println("\n" + word + " " + text);
    }

    private static String pairs(Map<?, ?> value) {
        return all(value.entrySet().stream().map(
            e -> "[" + plain(e.getKey()) + ", " + plain(e.getValue()) + "]"));
    }

    private static String plain(Object value) {
        if (value instanceof String) return quoted((String) value);
        if (value instanceof List) return all(((List<?>) value).stream().map(Told::plain));
        boolean plain = value instanceof Number || value instanceof Boolean;
        if (plain || value == null) return String.valueOf(value);
        return "object " + quoted(value.getClass().getSimpleName());
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
