// What people say about the cord: `hold` and `resume`. A word about a stage or the issue is kept in the pipeline; one about
// the repository is kept by the door (see `repositoryWords`), and here it is only answered.
import { type Command, type Mistake, may } from '../../commands/commands.ts'
import { holdsOf, holdWords, lastWord, NOTHING_AROUND, placeWords, pulled, speakerWords } from '../holds/holds.ts'
import { already, done, impossible, type Obeyed, type Ordered, type Said, standing } from '../model/command-result.ts'
import type { Around, CordWord, Hold } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { settle } from '../stages/derive-stages.ts'
import type { Given, Speaker } from './authorized-commands.ts'

type CordCommand = Extract<Command, { verb: 'hold' | 'resume' }>

/** Pulls the cord of this line or lets it go, and says what came of it. */
export function obeyCord(pipeline: Pipeline, command: CordCommand, order: Ordered): Obeyed {
  const around = order.around ?? NOTHING_AROUND
  const word = wordOf(command, order)
  if (word.place.kind === 'repository') {
    const others = holdsOf({}, { ...around, repository: null })
    return { pipeline, said: answerTo(around.repository, word, others) }
  }
  const known = pipeline.cord?.find(({ place }) => isSamePlace(place, word.place)) ?? null
  const rest = pipeline.cord?.filter((other) => other !== known) ?? []
  const others = holdsOf({ cord: rest }, around)
  // Letting go of the issue leaves its stages held; one stage has nothing to do with another.
  const said = answerTo(
    known,
    word,
    others.filter(({ place }) => word.place.kind === 'issue' || place.kind !== 'stage'),
  )
  const last = lastWord(known, word)
  if (last === known) return { pipeline, said }
  const next = { ...pipeline, cord: [...rest, last].sort(byPlace) }
  return { pipeline: next, said: pulled(last) === null && said.outcome === 'done' ? withWaiting(said, next) : said }
}

/** The words about the repository's cord among the commands of somebody who may say them, in their order. */
export function repositoryWords({ commands, speaker, role }: Given): readonly CordWord[] {
  return may(role, 'hold') ? commands.flatMap((command) => aboutRepository(command, speaker)) : []
}

/** What is answered to a word about the repository where no line hears it; null when it is about anything else. */
export function saidAround(command: Command, speaker: Speaker, around: Around): Said | null {
  const [word] = aboutRepository(command, speaker)
  return word === undefined ? null : answerTo(around.repository, word, holdsOf({}, { ...around, repository: null }))
}

/** What is held around once these commands were heard as well. */
export function aroundAfter(around: Around, commands: readonly (Command | Mistake)[], speaker: Speaker): Around {
  const words = commands.flatMap((command) => aboutRepository(command, speaker))
  return { ...around, repository: words.reduce(lastWord, around.repository) }
}

/** What is answered to a word about a place, by what was known of that place and what else is held. */
export function answerTo(known: CordWord | null, word: CordWord, others: readonly Hold[]): Said {
  const held = pulled(known)
  const pulling = pulled(word)
  const place = placeWords(word.place)
  if (known !== null && held === null && pulling !== null && lastWord(known, word) === known) {
    return impossible(`${place} was resumed by ${speakerWords(known)} after that was written`)
  }
  if (pulling !== null) {
    return held === null ? done(`${sentence(pulling)}; what runs goes on`) : already(sentence(held))
  }
  const [other] = others
  const rest = other === undefined ? null : sentence(other)
  if (word.place.kind === 'everything') {
    return held === null ? already('there is no hold on everything') : done('the hold on everything is over')
  }
  if (held === null && rest === null) return already(`${place} is not held`)
  if (held === null) return impossible(`${place} is not held by itself; ${rest}`, other ? resumeOf(other) : [])
  if (lastWord(known, word) === known) return impossible(`${sentence(held)}, which was written later`)
  return done(rest === null ? `${place} is no longer held` : `${place} is no longer held, but ${rest}`)
}

function sentence(hold: Hold): string {
  return hold.place.kind === 'issue' ? `${placeWords(hold.place)} is ${holdWords(hold)}` : holdWords(hold)
}

function wordOf(command: CordCommand, { by, at, evidence }: Speaker): CordWord {
  const why = command.verb === 'hold' ? command.reason : null
  return { place: command.place, by, why, since: at, evidence }
}

function aboutRepository(command: Command | Mistake, speaker: Speaker): readonly CordWord[] {
  const isCord = command.verb === 'hold' || command.verb === 'resume'
  return isCord && command.place.kind === 'repository' ? [wordOf(command, speaker)] : []
}

/** What waits on, now that a place was spoken about. */
function withWaiting(said: Said, pipeline: Pipeline): Said {
  const waiting = settle(pipeline).stages.filter(({ status, queuedAt }) => status === 'queued' && queuedAt != null)
  return waiting.length === 0 ? said : { ...said, words: [said.words, ...waiting.map(standing)].join('; ') }
}

function resumeOf({ place }: Hold): readonly string[] {
  switch (place.kind) {
    case 'issue':
      return ['/andon resume']
    case 'stage':
      return [`/andon resume ${place.stage}`]
    case 'repository':
      return ['/andon resume repository']
    case 'everything':
      return []
  }
}

function isSamePlace(a: CordWord['place'], b: CordWord['place']): boolean {
  return keyOf(a) === keyOf(b)
}

function byPlace(a: CordWord, b: CordWord): number {
  return keyOf(a.place) < keyOf(b.place) ? -1 : 1
}

function keyOf(place: CordWord['place']): string {
  return place.kind === 'stage' ? `stage/${place.stage}` : place.kind
}
