//! The control words of floating point: how results are rounded, and what is
//! an exception.
//!
//! The conventions of calls say that a function leaves them as it found them
//! (that of RISC-V, that each thread has its own), so a switch, which is a call
//! to the compiler, should keep them apart. Hardly any program changes them, and
//! keeping them costs more than the switch does: therefore it is an option,
//! [`RuntimeBuilder::keep_float_environment`].
//!
//! [`RuntimeBuilder::keep_float_environment`]: crate::RuntimeBuilder::keep_float_environment

use std::arch::asm;

/// The control words of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatEnvironment(Words);

cfg_select! {
    target_arch = "x86_64" => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        struct Words {
            /// Of SSE: rounding, exceptions, denormals.
            mxcsr: u32,
            /// Of the x87 unit: rounding, precision, exceptions.
            x87: u16,
        }

        // ANCHOR: float_x86_64
        impl FloatEnvironment {
            /// That of the running stack.
            #[inline]
            pub fn current() -> Self {
                let mut words = Words { mxcsr: 0, x87: 0 };
                // SAFETY: stores four and two bytes where they belong.
                unsafe {
                    asm!(
                        "stmxcsr [{mxcsr}]",
                        "fnstcw [{x87}]",
                        mxcsr = in(reg) &raw mut words.mxcsr,
                        x87 = in(reg) &raw mut words.x87,
                        options(nostack, preserves_flags),
                    );
                }
                Self(words)
            }

            /// Makes it that of the running stack.
            #[inline]
            pub fn restore(self) {
                // SAFETY: the words are from `current`, so no reserved bit is
                // set.
                unsafe {
                    asm!(
                        "ldmxcsr [{mxcsr}]",
                        "fldcw [{x87}]",
                        mxcsr = in(reg) &raw const self.0.mxcsr,
                        x87 = in(reg) &raw const self.0.x87,
                        options(nostack, preserves_flags, readonly),
                    );
                }
            }
        }
        // ANCHOR_END: float_x86_64
    }
    target_arch = "aarch64" => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        struct Words {
            fpcr: u64,
        }

        impl FloatEnvironment {
            /// That of the running stack.
            #[inline]
            pub fn current() -> Self {
                let fpcr;
                // SAFETY: reads a register.
                unsafe {
                    asm!(
                        "mrs {}, fpcr",
                        out(reg) fpcr,
                        options(nostack, nomem, preserves_flags),
                    );
                }
                Self(Words { fpcr })
            }

            /// Makes it that of the running stack.
            #[inline]
            pub fn restore(self) {
                // SAFETY: the word is from `current`.
                unsafe {
                    asm!(
                        "msr fpcr, {}",
                        in(reg) self.0.fpcr,
                        options(nostack, nomem, preserves_flags),
                    );
                }
            }
        }
    }
    target_arch = "riscv64" => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        struct Words {
            /// The rounding mode, a field of `fcsr`. Its other field, the
            /// exceptions so far, is a result and no setting.
            frm: u64,
        }

        impl FloatEnvironment {
            /// That of the running stack.
            #[inline]
            pub fn current() -> Self {
                let frm;
                // SAFETY: reads a register.
                unsafe {
                    asm!(
                        "frrm {}",
                        out(reg) frm,
                        options(nostack, nomem, preserves_flags),
                    );
                }
                Self(Words { frm })
            }

            /// Makes it that of the running stack.
            #[inline]
            pub fn restore(self) {
                // SAFETY: the word is from `current`.
                unsafe {
                    asm!(
                        "fsrm {}",
                        in(reg) self.0.frm,
                        options(nostack, nomem, preserves_flags),
                    );
                }
            }
        }
    }
}
