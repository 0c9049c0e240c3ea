#![allow(warnings)]
use std::collections::*;

trait Told {
    fn told(&self) -> String;
}

macro_rules! told_numbers {
    ($($kind:ty),*) => { $(impl Told for $kind {
        fn told(&self) -> String { self.to_string() }
    })* };
}
told_numbers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, bool);

impl Told for str {
    fn told(&self) -> String {
        let mut text = String::from("\"");
        for c in self.chars() {
            match c {
                '"' | '\\' => { text.push('\\'); text.push(c); }
                c if (c as u32) < 32 => text.push_str(&format!("\\u{:04x}", c as u32)),
                c => text.push(c),
            }
        }
        text + "\""
    }
}
impl Told for String {
    fn told(&self) -> String { self.as_str().told() }
}
impl<T: Told> Told for Vec<T> {
    fn told(&self) -> String {
        let all: Vec<String> = self.iter().map(|one| one.told()).collect();
        format!("[{}]", all.join(", "))
    }
}
impl<K: Told, V: Told> Told for HashMap<K, V> {
    fn told(&self) -> String {
        let all: Vec<String> = self.iter()
            .map(|(key, value)| format!("[{}, {}]", key.told(), value.told())).collect();
        format!("dict [{}]", all.join(", "))
    }
}

fn told_begin() -> String {
    let mut word = String::new();
    std::io::stdin().read_line(&mut word).unwrap();
    word.trim().to_string()
}

fn told_result<T: Told + ?Sized>(word: &str, value: &T) {
    println!("\n{} {}", word, value.told());
}
