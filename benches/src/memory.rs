//! A counting allocator: the number of live bytes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator with a count of live bytes. Natively SQLite allocates with C's allocator and is not counted; in
/// wasm it uses Rust's allocator, and its page caches are counted.
pub struct Counting;

// SAFETY: every call is passed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `System`.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            count(layout.size(), 0);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller upholds the contract of `System`.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `System`.
        let moved = unsafe { System.realloc(block, layout, size) };
        if !moved.is_null() {
            count(size, layout.size());
        }
        moved
    }
}

/// Counts without a locked instruction, which SQLite's allocations are spared natively: a write of 20 us allocates about
/// thirty times. The benches measure on one thread; what others allocate meanwhile may get lost.
fn count(more: usize, less: usize) {
    LIVE.store(LIVE.load(Ordering::Relaxed).wrapping_add(more).wrapping_sub(less), Ordering::Relaxed);
}

/// The number of live bytes; 0 if [`Counting`] is not the program's allocator.
#[must_use]
pub fn live_bytes() -> u64 {
    LIVE.load(Ordering::Relaxed) as u64
}
