// How issues may fare. Seconds are those of an unhurried morning; the shift's pace divides them.

import type { Work } from './issue-driver.ts'
import type { Shift } from './session.ts'

export type Plot = (work: Work, shift: Shift) => Promise<void>

/** Everything goes well. */
export const smooth: Plot = async (work, shift) => {
  await work.plan({ seconds: 9 })
  await fromCode(work, shift)
}

/** The tests fail, and pass at the next attempt. */
export const flaky: Plot = async (work, shift) => {
  await work.plan({ seconds: 8 })
  await work.code({ seconds: 14 })
  await work.test({ ends: 'failure', seconds: 9 })
  await work.test({ seconds: 18 })
  await toTheEnd(work, shift, 50)
}

/** A reviewer asks for changes; code and test run again, then the pull request waits once more. */
export const rework: Plot = async (work, shift) => {
  await work.plan({ seconds: 9 })
  await work.code({ seconds: 16 })
  await work.test({ seconds: 12 })
  await shift.pause(12)
  await work.requestChanges()
  await work.code({ seconds: 18 })
  await work.test({ seconds: 12 })
  await toTheEnd(work, shift, 45)
}

/** The tests keep failing until no attempt is left: a person is needed, and comes. */
export const broken: Plot = async (work, shift) => {
  await work.plan()
  await work.code()
  await work.test({ ends: 'failure' })
  await work.test({ ends: 'failure' })
  await shift.pause(60)
  await work.order('/andon retry test')
  await work.test({ seconds: 14 })
  await toTheEnd(work, shift, 45)
}

/** An agent falls silent in the middle of its work: it is asked about, cancelled, and another attempt made. */
export const stalled: Plot = async (work, shift) => {
  await work.plan({ seconds: 9 })
  await work.code({ seconds: 16, ends: null })
  await fromCode(work, shift)
}

/** A run falls silent and does not hear that it is cancelled, until it is forced. */
export const zombie: Plot = async (work, shift) => {
  await work.plan({ seconds: 9 })
  await work.code({ seconds: 14, ends: null, deaf: true })
  await fromCode(work, shift)
}

/** The label is on, and no runner is free for a good while. */
const crowded: Plot = async (work, shift) => {
  await work.plan({ waits: 40, seconds: 15 })
  await fromCode(work, shift)
}

/** Somebody stops the run and thinks better of the whole idea. */
const abandoned: Plot = async (work, shift) => {
  await work.plan({ seconds: 14 })
  await work.code({ seconds: 24, ends: null })
  await work.order('/andon cancel')
  await shift.pause(25)
  await work.dismiss()
}

/** An agent that takes its time, and a good end. */
const patient: Plot = async (work, shift) => {
  await work.plan({ seconds: 20 })
  await work.code({ seconds: 110 })
  await work.test({ seconds: 50 })
  await toTheEnd(work, shift, 60)
}

/** What a morning is made of: mostly it goes well. */
export const PLOTS: readonly Plot[] = [
  smooth,
  stalled,
  rework,
  patient,
  zombie,
  flaky,
  abandoned,
  broken,
  crowded,
  smooth,
  rework,
]

async function fromCode(work: Work, shift: Shift): Promise<void> {
  await work.code({ seconds: 20 })
  await work.test({ seconds: 16 })
  await toTheEnd(work, shift, 45)
}

async function toTheEnd(work: Work, shift: Shift, seconds: number): Promise<void> {
  await shift.pause(seconds)
  await work.approve()
  await shift.pause(8)
  await work.merge()
}
