// Written by `lockstep build` from the step's WIT; changes are lost.

import * as events from './events.js';
import * as is from './lockstep/shapes.js';

const types = {};
types.Reason = is.variant({ lost: undefined, broken: is.string, other: is.tuple(is.string, is.option(is.s64)) });
types.Cents = is.u64;
types.Item = is.record({
  article: ['article', is.string],
  paid: ['paid', is.option(types.Cents)],
});
types.Mood = is.enumeration('calm', 'very-angry');
types.Marks = is.flags({ vip: 'vip', secondTime: 'second-time' });
types.Json = is.json;
types.RefundRequested = is.event('refund-requested', events.RefundRequested, {
  order: ['order', is.string],
  reason: ['reason', types.Reason],
  items: ['items', is.list(types.Item)],
  photo: ['photo', is.bytes],
  note: ['note', is.option(is.string)],
  mood: ['mood', types.Mood],
  marks: ['marks', types.Marks],
  checked: ['checked', is.result(types.Cents, is.string)],
  maybe: ['maybe', is.option(is.option(is.bool))],
  extra: ['extra', types.Json],
});
types.Checked = is.event('shop:refunds/events/checked', events.Checked, {
  by: ['by', is.char],
  ok: ['ok', is.bool],
  score: ['score', is.f32],
});
types.Stamped = is.event('shop:refunds/other/checked', events.Stamped, {
  at: ['at', is.s64],
});
types.TimerFired = is.event('timer-fired', events.TimerFired, {
  name: ['name', is.string],
});
types.RefundDenied = is.event('refund-denied', events.RefundDenied, {
  order: ['order', is.string],
  why: ['why', is.string],
});
types.RefundApproved = is.event('refund-approved', events.RefundApproved, {
  order: ['order', is.string],
  paid: ['paid', types.Cents],
  photo: ['photo', is.bytes],
});
types.Noted = is.event('noted', events.Noted, {
  request: ['request', types.RefundDenied],
});

export const world = {
  name: 'assess',
  handlers: {
    onRefundRequested: { wit: 'on-refund-requested', takes: [['event', types.RefundRequested]], gives: is.variant({ 'refund-approved': types.RefundApproved, 'refund-denied': types.RefundDenied }) },
    onAll: { wit: 'on-all', takes: [['request', types.RefundRequested], ['all', is.list(types.Checked)]], gives: is.option(is.list(is.variant({ 'refund-approved': types.RefundApproved, 'refund-denied': types.RefundDenied }))) },
    onPair: { wit: 'on-pair', takes: [['left', types.Checked], ['right', types.Stamped]], gives: is.list(types.Noted) },
    onTimerFired: { wit: 'on-timer-fired', takes: [['event', types.TimerFired]], gives: undefined },
    onDenied: { wit: 'on-denied', takes: [['event', types.RefundDenied]], gives: is.option(types.Stamped) },
  },
};
