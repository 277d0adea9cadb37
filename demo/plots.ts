// How issues may fare. Seconds are those of an unhurried morning; the shift's pace divides them.
import type { Shift } from './shift.ts'
import type { Work } from './work.ts'

export type Plot = (work: Work, shift: Shift) => Promise<void>

/** Everything goes well. */
export const smooth: Plot = async (work, shift) => {
  await toReview(work, shift)
  await shift.pause(30)
  await work.approve()
  await shift.pause(6)
  await work.merge()
}

/** The tests fail, and pass on the second run. */
export const flaky: Plot = async (work, shift) => {
  await work.plan({ seconds: 5 })
  await work.code({ seconds: 8 })
  await work.propose()
  await work.test({ ends: 'failure', seconds: 4 })
  await shift.pause(14)
  await work.test({ seconds: 8 })
  await shift.pause(45)
  await work.approve()
  await shift.pause(10)
  await work.merge()
}

/** A reviewer asks for changes; code and test run again while the pull request waits. */
export const rework: Plot = async (work, shift) => {
  await toReview(work, shift)
  await shift.pause(8)
  await work.requestChanges()
  await shift.pause(5)
  await work.code({ seconds: 12 })
  await work.push()
  await work.test({ seconds: 8 })
  await shift.pause(40)
  await work.approve()
  await shift.pause(8)
  await work.merge()
}

/** The tests keep failing: a person is needed. */
export const broken: Plot = async (work, shift) => {
  await work.plan()
  await work.code()
  await work.propose()
  await work.test({ ends: 'failure' })
  await shift.pause(20)
  await work.test({ ends: 'failure' })
  await shift.pause(120)
  await work.code()
  await work.push()
  await work.test()
  await shift.pause(30)
  await work.merge()
}

/** The label is on, and no runner is free for a good while. */
export const crowded: Plot = async (work, shift) => {
  await shift.pause(40)
  await work.plan({ waits: 12, seconds: 15 })
  await shift.pause(10)
  await smoothFromCode(work, shift)
}

/** Somebody stops the run and thinks better of the whole idea. */
export const abandoned: Plot = async (work, shift) => {
  await work.plan({ seconds: 14 })
  await work.code({ seconds: 10, ends: 'cancelled' })
  await shift.pause(25)
  await work.dismiss()
}

/** A long job that tells little, and ends well. */
export const patient: Plot = async (work, shift) => {
  await work.plan({ seconds: 20 })
  await work.code({ seconds: 70 })
  await work.propose()
  await work.test({ seconds: 25 })
  await shift.pause(60)
  await work.approve()
  await shift.pause(5)
  await work.merge()
}

/** What a morning is made of: mostly it goes well. */
export const PLOTS: readonly Plot[] = [smooth, flaky, rework, patient, abandoned, crowded, broken, smooth, rework]

async function toReview(work: Work, shift: Shift): Promise<void> {
  await work.plan({ seconds: 6 })
  await shift.pause(2)
  await smoothFromCode(work, shift, false)
}

async function smoothFromCode(work: Work, shift: Shift, toTheEnd = true): Promise<void> {
  await work.code({ seconds: 12 })
  await work.propose()
  await work.test({ seconds: 10 })
  if (!toTheEnd) return
  await shift.pause(35)
  await work.approve()
  await shift.pause(6)
  await work.merge()
}
