//! Fibers.
use ch05_fibers::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

#[test]
fn basic() {
    let mut rt = Runtime::new();
    let log = Rc::new(RefCell::new(vec![]));
    let l = log.clone();
    let r = rt.run(move || {
        let hs: Vec<_> = (0..3)
            .map(|i| {
                let l = l.clone();
                spawn(move || {
                    for k in 0..3 {
                        l.borrow_mut().push((i, k));
                        yield_now();
                    }
                    i * 10
                })
            })
            .collect();
        hs.into_iter().map(|h| h.join().unwrap()).sum::<i32>()
    });
    assert_eq!(r, 30);
    assert_eq!(
        *log.borrow(),
        vec![
            (0, 0),
            (1, 0),
            (2, 0),
            (0, 1),
            (1, 1),
            (2, 1),
            (0, 2),
            (1, 2),
            (2, 2)
        ]
    );
}
#[test]
fn panics() {
    let mut rt = Runtime::new();
    let e = rt.run(|| {
        spawn(|| -> i32 { panic!("boom {}", 1) })
            .join()
            .unwrap_err()
    });
    assert_eq!(e.message(), Some("boom 1"));
    let p = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        rt.run(|| panic!("main"))
    }));
    assert!(p.is_err());
    assert_eq!(rt.run(|| 5), 5);
}
struct D(Rc<Cell<i32>>);
impl Drop for D {
    fn drop(&mut self) {
        yield_now();
        self.0.set(self.0.get() + 1);
    }
}
#[test]
fn dropped() {
    let c = Rc::new(Cell::new(0));
    let mut rt = Runtime::new();
    let c2 = c.clone();
    let h = rt.run(move || {
        let c3 = c2.clone();
        let h = spawn(move || {
            let _d = D(c3.clone());
            loop {
                yield_now()
            }
        });
        let c3 = c2.clone();
        spawn(move || {
            let _d = D(c3.clone());
            sleep(std::time::Duration::from_secs(1000));
        });
        for _ in 0..5 {
            yield_now()
        }
        let c3 = c2.clone();
        let d = D(c3);
        spawn(move || {
            let _d = d;
        });
        h
    });
    assert_eq!(c.get(), 0);
    let rt2 = rt;
    assert_eq!(rt2.unfinished(), 3);
    drop(rt2);
    assert_eq!(c.get(), 3);
    let h: JoinHandle<()> = h;
    assert!(matches!(h.join(), Err(JoinError::Cancelled)));
}
#[test]
#[should_panic(
    expected = "all fibers wait for each other: fiber 'main' (1) joins a fiber, fiber 2 joins a fiber"
)]
fn deadlock() {
    let mut rt = Runtime::new();
    rt.run(|| {
        let slot: Rc<RefCell<Option<JoinHandle<()>>>> = Rc::default();
        let s = slot.clone();
        let h = spawn(move || {
            yield_now();
            let h = s.borrow_mut().take().unwrap();
            let _ = h.join();
        });
        *slot.borrow_mut() = Some(h);
        let h2 = spawn(|| ());
        h2.join().unwrap();
        yield_now();
        let s = slot.clone();
        let h3 = spawn(move || {
            while s.borrow().is_some() {
                yield_now()
            }
        });
        h3.join().unwrap();
        let never = Rc::new(());
        let _ = never;
        // wait for the one that waits for itself
        let slot2: Rc<RefCell<Option<JoinHandle<()>>>> = Rc::default();
        let s2 = slot2.clone();
        let h = spawn(move || {
            let h = s2.borrow_mut().take().unwrap();
            let _ = h.join();
        });
        let me: JoinHandle<()> = h;
        *slot2.borrow_mut() = Some(spawn(|| ()));
        me.join().unwrap();
        scope(|s| {
            let _ = s.spawn(|| ());
        });
        let (a, b) = (Rc::new(RefCell::new(None::<JoinHandle<()>>)), ());
        let a2 = a.clone();
        let _ = b;
        let h = spawn(move || {
            yield_now();
            let h = a2.borrow_mut().take();
            if let Some(h) = h {
                let _ = h.join();
            }
        });
        let _ = h.join();
        // main joins a fiber that joins itself
        let cell: Rc<RefCell<Option<JoinHandle<()>>>> = Rc::default();
        let c2 = cell.clone();
        *cell.borrow_mut() = Some(spawn(move || {
            let h = c2.borrow_mut().take().unwrap();
            let _ = h.join();
        }));
        yield_now();
        let x = Rc::new(Cell::new(false));
        let y = x.clone();
        let waits = spawn(move || {
            while !y.get() {
                sleep(std::time::Duration::from_millis(1))
            }
        });
        x.set(true);
        waits.join().unwrap();
    });
}
#[test]
fn scoped() {
    let total = Cell::new(0);
    Runtime::new().run(|| {
        scope(|s| {
            for i in 0..10 {
                let t = &total;
                s.spawn(move || {
                    yield_now();
                    t.set(t.get() + i)
                });
            }
        })
    });
    assert_eq!(total.get(), 45);
}
