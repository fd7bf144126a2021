//! `headgate status`: asks the running daemon, over HTTP, and prints it for people.

mod text;

use std::{process::ExitCode, time::Duration};

use serde_json::Value;

use super::{
    args::{Args, Output, StatusOptions},
    failure::Failure,
    output, run,
};
use crate::rest;
use text::Details;

/// The daemon answers from memory within 50 ms; five seconds mean that there is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// Items of one page, the most that the daemon gives.
const PAGE: usize = 1000;

/// A daemon that answers.
struct Daemon {
    client: reqwest::Client,
    url: String,
}

impl Daemon {
    async fn ask(&self, path: &str) -> Result<reqwest::Response, Failure> {
        let url = format!("{}{path}", self.url);
        self.client.get(&url).send().await.map_err(|error| {
            Failure::new(format!("no daemon answers at {url}: {error}; is `headgate run` running with this headgate.yaml?"))
        })
    }

    /// Asks for what the status only counts. What there is none of is not asked for, and what is not there (nothing was
    /// planned yet) is left out: the conditions say why.
    async fn details(&self, cluster: &Value) -> Result<Details, Failure> {
        let below = format!(
            "/api/v1/clusters/{}",
            cluster["name"].as_str().unwrap_or_default()
        );
        let counts = cluster["drift"].as_object().into_iter().flatten();
        let drifted = counts.filter_map(|(_, n)| n.as_u64()).any(|n| n > 0);
        let blocked = cluster["blocked"].as_array().is_some_and(|b| !b.is_empty());
        let mut details = Details::default();
        if drifted {
            let path = format!("{below}/drift?limit={PAGE}");
            details.drift = items(self.ask(&path).await?, "/items").await?;
        }
        if blocked {
            let plan = self.ask(&format!("{below}/plan")).await?;
            details.blocked = items(plan, "/clusters/0/blocked").await?;
        }
        Ok(details)
    }
}

/// Takes a list out of an answer; an answer that is a problem has none.
async fn items(answer: reqwest::Response, list: &str) -> Result<Vec<Value>, Failure> {
    if !answer.status().is_success() {
        return Ok(Vec::new());
    }
    let mut answer: Value = answer.json().await?;
    let list = answer.pointer_mut(list).map(Value::take);
    Ok(match list {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    })
}

/// Asks and prints.
pub(super) async fn status(args: &Args, options: &StatusOptions) -> Result<ExitCode, Failure> {
    let config = run::config(args)?;
    let daemon = Daemon {
        client: rest::plain().timeout(PATIENCE).build()?,
        url: format!("http://{}", config.http.listen),
    };
    let answer = daemon.ask("/api/v1/status").await?;
    let mut status: Value = answer.error_for_status()?.json().await?;
    if let Some(only) = &options.cluster {
        keep(&mut status, only)?;
    }
    match options.output {
        Output::Json => output::json(&status)?,
        Output::Text | Output::Markdown => {
            let mut told = text::source(&status["source"]);
            for cluster in status["clusters"].as_array().into_iter().flatten() {
                let details = Details {
                    held: status["source"]["held"].as_str().map(str::to_owned),
                    ..daemon.details(cluster).await?
                };
                told.push_str(&text::cluster(cluster, &details));
            }
            output::text(&told)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn keep(status: &mut Value, only: &str) -> Result<(), Failure> {
    let clusters = status["clusters"]
        .as_array_mut()
        .map(std::mem::take)
        .unwrap_or_default();
    let kept: Vec<Value> = clusters.into_iter().filter(|c| c["name"] == only).collect();
    if kept.is_empty() {
        return Err(Failure::new(format!("the daemon has no cluster {only}")));
    }
    status["clusters"] = kept.into();
    Ok(())
}
