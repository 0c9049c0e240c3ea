// What the tests of HumanEval-X use of the crate rand 0.4.
#[allow(dead_code)]
mod rand {
    use std::cell::Cell;

    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0x9E37_79B9_7F4A_7C15) };
    }

    // Marsaglia's xorshift with 64 bits, J. Stat. Softw. 8 (2003) 14.
    fn next() -> u64 {
        STATE.with(|state| {
            let mut word = state.get();
            word ^= word << 13;
            word ^= word >> 7;
            word ^= word << 17;
            state.set(word);
            word
        })
    }

    pub trait Rand: Copy {
        fn draw() -> Self;
        fn between(low: Self, high: Self) -> Self;
    }

    macro_rules! integers {
        ($($name:ty)*) => {$(
            impl Rand for $name {
                fn draw() -> Self {
                    next() as $name
                }
                fn between(low: Self, high: Self) -> Self {
                    (low as i128 + next() as i128 % (high as i128 - low as i128)) as $name
                }
            }
        )*};
    }
    integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

    pub trait Rng {
        fn gen<T: Rand>(&mut self) -> T {
            T::draw()
        }
        fn gen_range<T: Rand>(&mut self, low: T, high: T) -> T {
            T::between(low, high)
        }
    }

    pub struct ThreadRng;

    impl Rng for ThreadRng {}

    pub fn thread_rng() -> ThreadRng {
        ThreadRng
    }

    pub fn random<T: Rand>() -> T {
        T::draw()
    }
}
