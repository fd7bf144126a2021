//! `headgate status`: asks the running daemon, over HTTP, and prints it for people.

use std::{process::ExitCode, time::Duration};

use serde_json::Value;

use super::{
    args::{Args, Output, StatusOptions},
    failure::Failure,
    output, run,
};

/// The daemon answers from memory within 50 ms; five seconds mean that there is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks and prints.
pub(super) async fn status(args: &Args, options: &StatusOptions) -> Result<ExitCode, Failure> {
    let config = run::config(args)?;
    let url = format!("http://{}/api/v1/status", config.http.listen);
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .build()?;
    let answer = client.get(&url).send().await.map_err(|error| {
        Failure::new(format!("no daemon answers at {url}: {error}; is `headgate run` running with this headgate.yaml?"))
    })?;
    let mut status: Value = answer.error_for_status()?.json().await?;
    if let Some(only) = &options.cluster {
        keep(&mut status, only)?;
    }
    match options.output {
        Output::Json => output::json(&status)?,
        Output::Text | Output::Markdown => output::text(&render(&status))?,
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

fn render(status: &Value) -> String {
    let source = &status["source"];
    let mut text = format!(
        "source   {} {} at {}, fetched {}\n",
        word(&source["repo"]),
        word(&source["ref"]),
        short(&source["seen"]),
        word(&source["fetchedAt"])
    );
    if let Some(error) = source["error"].as_str() {
        text.push_str(&format!("         ! {error}\n"));
    }
    for cluster in status["clusters"].as_array().into_iter().flatten() {
        text.push_str(&render_cluster(cluster));
    }
    text
}

fn render_cluster(cluster: &Value) -> String {
    let (revision, drift) = (&cluster["revision"], &cluster["drift"]);
    let mut text = format!(
        "\n{}\n  revision {} attempted, {} applied, {} converged\n  drift    {} missing, {} modified, {} unexpected, {} replaced; {} pending\n",
        word(&cluster["name"]),
        short(&revision["attempted"]),
        short(&revision["applied"]),
        short(&revision["converged"]),
        drift["missing"],
        drift["modified"],
        drift["unexpected"],
        drift["replaced"],
        cluster["pending"],
    );
    for blocked in cluster["blocked"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "  blocked  {} at {}\n",
            blocked["count"],
            word(&blocked["gate"])
        ));
    }
    for condition in cluster["conditions"].as_array().into_iter().flatten() {
        text.push_str(&format!(
            "  {:<20} {:<8} {:<16} {}\n",
            word(&condition["type"]),
            word(&condition["status"]),
            word(&condition["reason"]),
            word(&condition["message"])
        ));
    }
    text
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn short(value: &Value) -> &str {
    value
        .as_str()
        .map_or("-", |sha| sha.get(..12).unwrap_or(sha))
}
