//! The planes beside Kafka: each fails alone, and is told of while it is there.

use std::sync::Arc;

use headgate::{
    live::Observed,
    model::Plane,
    report::{ConditionStatus as S, ConditionType as T, Cycle, Reason as R},
};

use super::{cluster, condition, fresh, judged, with};
use crate::support::told::{self, at};

#[test]
fn a_plane_that_is_away_is_named_while_the_others_stay_fine() {
    for (plane, unseen) in [
        (
            Plane::Connect,
            "connect: Connect cluster main: connection refused",
        ),
        (Plane::Registry, "registry: connection refused"),
    ] {
        let mut whole = told::with_services(told::quiet(2, 'a', at(2)));
        whole.live = whole.live.map(|live| {
            let mut live = live.as_ref().clone();
            if let Some(Observed::Known(connect)) = &mut live.connect {
                connect.clusters.remove("spare");
            }
            Arc::new(live)
        });
        whole.left = None;
        whole.planned = None;
        let view = with(&fresh(), told::source('a'), &whole);
        let complete = (S::True, R::Complete);
        assert_eq!(judged(&view, T::ObservationComplete), complete);
        let view = view.after(&told::without(
            Cycle {
                left: Some(Arc::new(told::empty_plan())),
                started_at: at(62),
                ..whole
            },
            plane,
            "connection refused",
        ));
        let incomplete = (S::False, R::ObservationIncomplete);
        assert_eq!(judged(&view, T::ObservationComplete), incomplete);
        assert_eq!(judged(&view, T::Ready), incomplete);
        assert_eq!(condition(&view, T::ObservationComplete).message, unseen);
        let away: Vec<_> = cluster(&view).status.planes.iter().collect();
        let away = away.iter().filter(|(_, state)| !state.complete);
        assert_eq!(away.map(|(name, _)| **name).collect::<Vec<_>>(), [plane]);
        assert!(view.not_ready().is_empty(), "the rest can be asked about");
    }
}

#[test]
fn a_plane_that_headgate_yaml_no_longer_names_is_told_of_no_more() {
    let view = with(
        &fresh(),
        told::source('a'),
        &told::with_services(told::quiet(2, 'a', at(2))),
    );
    assert_eq!(cluster(&view).status.planes.len(), 3);
    let view = view.after(&told::quiet(2, 'a', at(62)));
    let planes = cluster(&view).status.planes.keys();
    assert_eq!(planes.copied().collect::<Vec<_>>(), [Plane::Kafka]);
    assert!(
        cluster(&view)
            .connectors(None, 9)
            .unwrap()
            .known()
            .is_none()
    );
    assert!(cluster(&view).schemas(None, 9).unwrap().known().is_none());
}
