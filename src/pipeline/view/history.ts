// History is told by comparing what stood before with what stands after, so that an event tells only what it changed.
import { holdWords, placeWords, pulled, speakerWords } from '../holds/holds.ts'
import type { Event } from '../model/events.ts'
import type { Entry } from '../model/history-entry.ts'
import type { CordWord } from '../model/hold.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'

/** What an event changed, in words a person reads. */
export function tell(before: Pipeline, after: Pipeline, event: Event): readonly Entry[] {
  const told = { at: event.at, actor: actorOf(event), evidence: event.evidence }
  return [
    ...tellIssue(before, after),
    ...tellPullRequests(before, after),
    ...tellCord(before, after),
    ...tellStages(before, after),
  ].map((said) => ({
    ...told,
    ...said,
  }))
}

type Said = Pick<Entry, 'type' | 'text'> & Partial<Pick<Entry, 'actor'>>

function tellIssue(before: Pipeline, after: Pipeline): readonly Said[] {
  const said: Said[] = []
  if (before.issue.state !== after.issue.state) {
    const closed = after.issue.state === 'closed'
    said.push({
      type: `issue.${closed ? 'closed' : 'reopened'}`,
      text: `the issue was ${closed ? 'closed' : 'reopened'}`,
    })
  }
  if (before.gone === null && after.gone !== null)
    said.push({ type: `issue.${after.gone.why}`, text: `the issue was ${after.gone.why}` })
  return said
}

function tellPullRequests(before: Pipeline, after: Pipeline): readonly Said[] {
  return [
    ...newcomers(before, after).map((number) => ({
      type: 'pull_request.linked',
      text: `pull request #${number} is linked`,
    })),
    ...newcomers(after, before).map((number) => ({
      type: 'pull_request.unlinked',
      text: `pull request #${number} is no longer linked`,
    })),
  ]
}

function tellCord(before: Pipeline, after: Pipeline): readonly Said[] {
  const known = new Set(before.cord)
  const spoken = after.cord?.filter((word) => !known.has(word)) ?? []
  return spoken.flatMap((word) => (pulled(word) !== null || wasHeld(before, word) ? [tellWord(word)] : []))
}

function wasHeld({ cord = [] }: Pipeline, { place }: CordWord): boolean {
  return cord.some((word) => pulled(word) !== null && placeWords(word.place) === placeWords(place))
}

function tellWord(word: CordWord): Said {
  const hold = pulled(word)
  if (hold !== null) return { type: 'cord.pulled', text: holdWords(hold), actor: word.by }
  return { type: 'cord.let_go', text: `${placeWords(word.place)} was resumed by ${speakerWords(word)}`, actor: word.by }
}

function newcomers(before: Pipeline, after: Pipeline): readonly number[] {
  const known = new Set(before.pullRequests.map(({ number }) => number))
  return after.pullRequests.map(({ number }) => number).filter((number) => !known.has(number))
}

function tellStages(before: Pipeline, after: Pipeline): readonly Said[] {
  return after.stages.flatMap((stage, index) => {
    const previous = before.stages[index]
    if (previous !== undefined && headline(previous) === headline(stage)) return []
    const text = `${stage.name}: ${stage.reason === '' ? stage.status : stage.reason}`
    return [{ type: `stage.${stage.status}`, text }]
  })
}

/** What is worth a line when it changes: steps moving inside a run are not, unless it is being cancelled. */
function headline({ status, attempts, reason }: Stage): string {
  const newest = attempts.at(-1)
  const isQuiet = status === 'running' && !attempts.some(({ ours }) => ours != null && ours.cancel !== null)
  return [status, attempts.length, newest?.run?.runAttempt ?? 1, isQuiet ? '' : reason].join(' ')
}

function actorOf(event: Event): string | null {
  if (event.type === 'issue.changed' || event.type === 'issue.labeled') return event.sender
  return event.type === 'review.changed' ? event.review.reviewer : null
}
