import type { ReadReceipt } from '../translate/fields.ts'
import { type LabelingRead, translateLabeledIssues, translateLabeling } from '../translate/labeled-issues.ts'
import { expectObjects, readAnswer } from './answer.ts'
import { readList } from './list.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

export type LabeledIssues = {
  /** Open issues with the label that were changed since, those that changed longest ago first; null if the list is still the one that `etag` names. */
  listLabeledIssues(
    access: RepositoryAccess,
    o: { readonly label: string; readonly since: string | null; readonly etag: string | null },
    receipt: ReadReceipt,
  ): Promise<LabeledIssueList | null>
  /** Null where GitHub does not say who did it. */
  readLabeling(access: RepositoryAccess, issueNumber: number, label: string): Promise<LabelingRead | null>
}

export type LabeledIssueList = {
  readonly issues: ReturnType<typeof translateLabeledIssues>
  readonly etag: string | null
  /** False where the list is longer than what is read of it. */
  readonly isComplete: boolean
}

export function openLabeledIssues(call: SendRequest): LabeledIssues {
  return {
    async listLabeledIssues(access, { label, since, etag }, receipt) {
      const filter = {
        labels: label,
        state: 'open',
        sort: 'updated',
        direction: 'asc',
        ...(since !== null && { since }),
        per_page: 100,
      }
      let isSame = false
      let found: string | null = null
      const { items, isComplete } = await readList(async (page) => {
        const conditional = page === 1 ? { etag } : {}
        const response = await call(
          access,
          'read',
          'GET /repos/{owner}/{repo}/issues',
          { ...filter, page },
          conditional,
        )
        if (page === 1) found = response.etag
        isSame ||= response.status === 304
        return {
          items: isSame ? [] : expectObjects(response.body, 'the issues'),
          hasNextPage: response.hasNextPage && !isSame,
        }
      })
      if (isSame) return null
      return { issues: readAnswer(() => translateLabeledIssues(items, receipt)), etag: found, isComplete }
    },

    async readLabeling(access, issueNumber, label) {
      const { items } = await readList(async (page) => {
        const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/events'
        const { body, hasNextPage } = await call(access, 'read', route, {
          issue_number: issueNumber,
          per_page: 100,
          page,
        })
        return { items: expectObjects(body, 'the events'), hasNextPage }
      })
      return readAnswer(() => translateLabeling(items, label))
    },
  }
}
