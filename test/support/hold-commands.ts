// What is said about the cord of a line, and what is answered.
import { hear } from '../../src/pipeline/commands/run-commands.ts'
import { NOTHING_AROUND } from '../../src/pipeline/holds/holds.ts'
import type { Around, CordWord } from '../../src/pipeline/model/hold.ts'
import { minute } from './pipeline-fixtures.ts'
import { allowed, comment, type Floor } from './pipeline-harness.ts'

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
