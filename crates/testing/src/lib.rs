#![doc = include_str!("../README.md")]

pub mod bench;
mod child;
mod limit;
mod output;
mod place;
#[cfg(feature = "proof")]
pub mod proof;

pub use child::{
    in_a_child, program_of_this_platform, this_program, this_test_again,
};
pub use limit::{within, within_a_minute};
#[doc(hidden)]
pub use output::output;
pub use place::{package_folder, scratch_folder};
