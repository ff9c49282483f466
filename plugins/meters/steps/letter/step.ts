// Writes the letter of a household, when its bill and its profile are there.
import { Bill, Letter, Profile, type Habit } from './gen/events.js';

const HOW: Record<Habit, string> = {
  steady: 'evenly over the day',
  varied: 'with ups and downs',
  peaked: 'nearly all of it at once',
};

export function onBoth(bill: Bill, profile: Profile): Letter {
  const kwh = (Number(bill.nightWh + bill.dayWh) / 1000).toFixed(2);
  const euros = (Number(bill.cents) / 100).toFixed(2);
  const filled = profile.filled === 0 ? '' : ` ${profile.filled} of 24 hours had to be estimated.`;
  return new Letter({
    day: bill.day,
    meter: bill.meter,
    cents: bill.cents,
    text:
      `Meter ${bill.meter} used ${kwh} kWh on ${bill.day}, ${HOW[profile.habit]}, most of it from ` +
      `${profile.peakHour}:00 on. That is ${euros} EUR.${filled}`,
  });
}
