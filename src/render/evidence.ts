// What a status or an entry rests on, in full: one click away.
import type { Evidence, Instant } from '../pipeline/model/time.ts'
import { safeWebUrl } from './board-row.ts'
import { EVIDENCE_SOURCES, repairedText } from './labels.ts'

/** `id` is what finds it again; a comment is linked instead. */
export type EvidenceView = {
  readonly source: string
  readonly id: string | null
  readonly url: string | null
  readonly at: Instant
}

export function evidenceViewOf(evidence: Evidence | null, issueUrl: string | null): EvidenceView | null {
  if (evidence === null) return null
  const { kind, id, at, repairedAt } = evidence
  const isComment = kind === 'command' && /^\d+$/.test(id) && issueUrl !== null
  const found = repairedAt === undefined ? '' : repairedText(kind, repairedAt)
  const isPress = kind === 'command' && id.startsWith('board/')
  return {
    source: isPress ? 'pressed on the board' : `${EVIDENCE_SOURCES[kind]}${found}`,
    id: isComment || kind === 'clock' ? null : id,
    url: isComment ? safeWebUrl(`${issueUrl}#issuecomment-${id}`) : null,
    at,
  }
}
