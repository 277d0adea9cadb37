// GitHub's log of what it delivered to the App's webhook, read as the App. It reaches back three days.
import {
  type LoggedDelivery,
  type LoggedRequest,
  translateDeliveryLog,
  translateLoggedRequest,
} from '../translate/delivery-log.ts'
import { expectPresent, readAnswer } from './answer.ts'
import type { SendRequest } from './request.ts'

export type DeliveryLogPage = {
  /** Newest first. */
  readonly deliveries: readonly LoggedDelivery[]
  /** Where the next page begins; null on the last. */
  readonly next: string | null
}

export type DeliveryLog = {
  readDeliveryLog(cursor: string | null): Promise<DeliveryLogPage>
  /** What was sent; a GitHubFailure of the kind `not_found` when the log has it no longer. */
  readLoggedRequest(delivery: Pick<LoggedDelivery, 'logId' | 'guid'>): Promise<LoggedRequest>
}

export function openDeliveryLog(call: SendRequest): DeliveryLog {
  return {
    async readDeliveryLog(cursor) {
      const from = cursor === null ? {} : { cursor }
      const { body, next } = await call(null, 'read', 'GET /app/hook/deliveries', { per_page: 100, ...from })
      const cursorOf = (url: string) => (URL.canParse(url) ? new URL(url).searchParams.get('cursor') : null)
      return { deliveries: readAnswer(() => translateDeliveryLog(body)), next: next === null ? null : cursorOf(next) }
    },

    async readLoggedRequest({ logId, guid }) {
      const { body } = await call(null, 'read', 'GET /app/hook/deliveries/{delivery_id}', { delivery_id: logId })
      return expectPresent(
        readAnswer(() => translateLoggedRequest(body, guid)),
        'the delivery',
      )
    },
  }
}
