//! Numbers that look random and are the same on every run and machine.
//!
//! Only integers are used, and no logarithm, whose last digit depends on the
//! C library. Not for secrets.

/// A source of numbers, decided by its seed: the generator "splitmix64" by
/// Guy Steele, Doug Lea and Christine Flood (2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The source for a seed. Any seed is as good as any other.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number; every `u64` is as likely as any other.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product: how far the number is up the scale.
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }

    /// A time of the exponential distribution, in the unit of its `mean`: how
    /// long it takes until the next of many unrelated customers comes in.
    ///
    /// By von Neumann's method (1951), which only compares: draw numbers as
    /// long as each is below the one before. If that made an odd number of
    /// them, the first is the fraction; otherwise one more mean has passed.
    pub fn exponential(&mut self, mean: u64) -> u64 {
        let mut whole = 0_u128;
        loop {
            let first = self.draw();
            let (mut last, mut run) = (first, 1);
            loop {
                let next = self.draw();
                if next >= last {
                    break;
                }
                (last, run) = (next, run + 1);
            }
            if run % 2 == 1 {
                let means = (whole << 64) | u128::from(first);
                // `whole` is a few dozen at most: the product fits for every
                // mean below 2^58, and beyond that it saturates.
                let time = means.checked_mul(u128::from(mean));
                return time.map_or(u64::MAX, |time| (time >> 64) as u64);
            }
            whole += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The first three for seed 1234567, as published with the generator.
        let mut random = Random::new(1_234_567);
        let first = [(); 3].map(|()| random.draw());
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let mut random = Random::new(1);
        let mut seen = [0; 7];
        for _ in 0..7_000 {
            seen[random.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|&count| (800..1_200).contains(&count)));
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
    }

    /// Mean 1, variance 1, and 1/e of all are longer than the mean.
    #[test]
    fn exponential_times_have_their_distribution() {
        const COUNT: usize = 200_000;
        const MEAN: u64 = 1_000_000;
        let mut random = Random::new(2026);
        let times: Vec<f64> = (0..COUNT)
            .map(|_| random.exponential(MEAN) as f64 / MEAN as f64)
            .collect();
        let mean = times.iter().sum::<f64>() / COUNT as f64;
        let square = times.iter().map(|time| (time - mean).powi(2));
        let variance = square.sum::<f64>() / COUNT as f64;
        let long = times.iter().filter(|&&time| time > 1.0).count();
        let long = long as f64 / COUNT as f64;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
        assert!((long - (-1.0_f64).exp()).abs() < 0.01, "{long}");
    }
}
