//! Reads lines of `meter,hour,watt-hours`, and makes of each meter a series of 24 hours.

use std::collections::BTreeMap;

use lockstep_sdk::{Failure, info, step};

type Hours = [Option<u32>; 24];

#[step(world = "parse", wit = "../../wit")]
fn on_day_received(event: DayReceived) -> Result<Vec<Series>, Failure> {
    let mut meters: BTreeMap<&str, Hours> = BTreeMap::new();
    for (number, line) in (1..).zip(event.csv.lines()).skip(1).filter(|(_, line)| !line.is_empty()) {
        let (meter, hour, reading) = fields(line).ok_or_else(|| bad(number, line))?;
        meters.entry(meter).or_default()[hour] = reading;
    }
    info!("{}: {} meters", event.day, meters.len());
    let series = |(meter, hours): (&str, Hours)| Series {
        day: event.day.clone(),
        meter: meter.to_owned(),
        hours: hours.to_vec(),
    };
    Ok(meters.into_iter().map(series).collect())
}

fn fields(line: &str) -> Option<(&str, usize, Option<u32>)> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [meter, hour, reading] = fields[..] else { return None };
    let hour = hour.parse().ok().filter(|hour| *hour < 24)?;
    match reading {
        "" => Some((meter, hour, None)),
        reading => Some((meter, hour, Some(reading.parse().ok()?))),
    }
}

fn bad(number: usize, line: &str) -> Failure {
    Failure::permanent("bad-line", format!("line {number} is no `meter,hour,watt-hours`: `{line}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(csv: &str) -> Result<Vec<Series>, Failure> {
        on_day_received(DayReceived { day: "2026-03-14".into(), csv: csv.into() })
    }

    #[test]
    fn each_meter_is_a_series_and_what_was_not_said_is_none() {
        let series = read("meter,hour,wh\nB,0,7\nA,23, 5\nA,1,\n").unwrap();
        assert_eq!(series.iter().map(|one| one.meter.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!((series[0].hours[23], series[0].hours[1], series[1].hours[0]), (Some(5), None, Some(7)));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        for line in ["A,24,1", "A,1", "A,1,x", "A,1,1,1", "A,-1,1"] {
            let failure = read(&format!("meter,hour,wh\n{line}\n")).unwrap_err();
            assert_eq!(failure.message, format!("line 2 is no `meter,hour,watt-hours`: `{line}`"));
        }
    }
}
