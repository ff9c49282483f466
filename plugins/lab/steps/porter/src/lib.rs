//! A guest that puts blobs and reads them by reference.

#[lockstep_sdk::step(world = "porter", wit = "../../wit")]
mod handlers {
    use lockstep_sdk::{Failure, blob};

    fn on_pack(Pack { bytes, times }: Pack) -> Result<Parcel, Failure> {
        let mut parcel = Parcel { reference: String::new() };
        for time in 0..times {
            parcel.reference = blob::put(contents(bytes, time))?;
        }
        Ok(parcel)
    }

    fn on_parcel(Parcel { reference }: Parcel) -> Result<Unpacked, Failure> {
        let all = blob::read(&reference)?;
        let middle = blob::get(&reference, all.len() as u64 / 2, 2)?;
        Ok(Unpacked { bytes: all.len() as u64, is_whole: all == contents(all.len() as u32, 0), middle })
    }

    /// So many bytes, others each time.
    fn contents(bytes: u32, time: u32) -> Vec<u8> {
        (0..bytes).map(|n| (n + n / 251 + time) as u8).collect()
    }
}
