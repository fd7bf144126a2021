//! Which REST services were slow and told nothing (daemon): a pass waits for them for long only now and then, since it
//! reconciles Kafka as well.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout};

use crate::live::Observed;

/// How long a service that was slow and told nothing is waited for until it is given its whole time again; what fails
/// sooner is not slow.
const PROBE: Duration = Duration::from_secs(5);

/// A service is waited for in vain for one part in so many of the time.
const SHARE: u32 = 10;

/// The services that told nothing when they were given their whole time.
#[derive(Default)]
pub(super) struct Slow(Mutex<BTreeMap<String, Instant>>);

impl Slow {
    /// Observes a service; `is_whole` tells whether all of it was seen.
    pub(super) async fn observe<T>(
        &self,
        service: &str,
        is_whole: impl Fn(&T) -> bool,
        seeing: impl Future<Output = Observed<T>>,
    ) -> Observed<T> {
        let began = Instant::now();
        let until = self.services().get(service).copied();
        if until.is_some_and(|until| began < until) {
            let told = || {
                Observed::Unknown(format!(
                    "no whole answer within {PROBE:?}; it did not answer in a longer time before, which it is given again later"
                ))
            };
            let seen = timeout(PROBE, seeing).await.unwrap_or_else(|_| told());
            if seen.known().is_some_and(&is_whole) {
                self.services().remove(service);
            }
            return seen;
        }
        let seen = seeing.await;
        let took = began.elapsed();
        match seen.known().is_some_and(is_whole) {
            false if took > PROBE => {
                let until = Instant::now() + took * SHARE;
                self.services().insert(service.to_owned(), until);
            }
            _ => drop(self.services().remove(service)),
        }
        seen
    }

    fn services(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Observes a service that answers after some seconds, and says how long that took.
    async fn observed(slow: &Slow, after: u64, answer: Observed<()>) -> (Observed<()>, u64) {
        let began = Instant::now();
        let seeing = async {
            tokio::time::sleep(Duration::from_secs(after)).await;
            answer
        };
        let seen = slow.observe("main", |()| true, seeing).await;
        (seen, began.elapsed().as_secs())
    }

    fn silent() -> Observed<()> {
        Observed::Unknown("it is silent".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_was_silent_is_waited_for_for_long_only_now_and_then() {
        let slow = Slow::default();
        let mut waited = Vec::new();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(700) {
            waited.push(observed(&slow, 30, silent()).await.1);
            tokio::time::sleep(Duration::from_secs(55)).await;
        }
        assert_eq!(waited, [30, 5, 5, 5, 5, 5, 30, 5, 5, 5, 5]);
        let (seen, _) = observed(&slow, 30, silent()).await;
        assert!(
            seen.unknown()
                .unwrap_or_default()
                .contains("no whole answer within 5s")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_answers_again_has_its_whole_time_again() {
        let slow = Slow::default();
        observed(&slow, 30, silent()).await;
        assert_eq!(
            observed(&slow, 1, Observed::Known(())).await.0,
            Observed::Known(())
        );
        assert_eq!(
            observed(&slow, 20, Observed::Known(())).await.0,
            Observed::Known(())
        );
    }

    /// Who needs long and tells all of it has that time in each pass, and who fails at once is asked in each.
    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_slow_or_fails_is_not_silent() {
        let slow = Slow::default();
        for (after, answer) in [
            (40, Observed::Known(())),
            (1, silent()),
            (40, Observed::Known(())),
        ] {
            assert_eq!(
                observed(&slow, after, answer.clone()).await,
                (answer, after)
            );
        }
    }
}
