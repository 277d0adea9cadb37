// What is said about the cord of a line, and what is answered.
import { hear } from '../../src/pipeline/command-events.ts'
import { type Around, type CordWord, NOTHING_AROUND } from '../../src/pipeline/cord.ts'
import { minute } from './pipeline-spec.ts'
import { allowed, comment, type Floor } from './running-spec.ts'

let comments = 3000

/** Mara, who may write, says it, and GitHub confirms that she may. */
export function say(line: Floor, body: string, at = minute(20), around: Around = NOTHING_AROUND): string {
  comments += 1
  const given = comment(body, { at, commentId: comments })
  const answer = { ...allowed(given), around }
  const heard = hear(line.pipeline, answer)?.heard ?? []
  line.tell(given, answer)
  return heard.map(({ said }) => (said === null ? 'not heard' : `${said.outcome}: ${said.words}`)).join('\n')
}

export function word(place: CordWord['place'], why: string | null, by = 'ada', since = minute(10)): CordWord {
  return { place, by, why, since, evidence: { kind: 'command', id: '77', at: since } }
}

export const REPOSITORY = word({ kind: 'repository' }, 'release week')
export const EVERYTHING = word({ kind: 'everything' }, 'GitHub is down', 'root')
