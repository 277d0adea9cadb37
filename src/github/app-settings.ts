// What GitHub knows of the App, asked as the App: its settings, its webhook and the log of its deliveries, its installations.
import {
  type AppSettings,
  type DeliveryAttempt,
  type ListedInstallation,
  translateAppSettings,
  translateDeliveryAttempts,
  translateListedInstallations,
  translateWebhookSettings,
  type WebhookSettings,
} from '../translate/app-reads.ts'
import { asNumber, expectObject, expectObjects, expectPresent, readAnswer } from './answer.ts'
import { nullIfNotFound } from './failure.ts'
import { readList } from './list.ts'
import type { SendRequest } from './request.ts'

export type AppReads = {
  /** The App, and GitHub's clock at that moment; null where the answer does not say. */
  readApp(): Promise<{ readonly settings: AppSettings; readonly date: string | null }>
  /** Null if the App has none, or has not made it active. */
  readWebhook(): Promise<WebhookSettings | null>
  /** The latest hundred attempts, newest first, of at most three days. */
  listLatestDeliveries(): Promise<readonly DeliveryAttempt[]>
  listInstallations(): Promise<readonly ListedInstallation[]>
  /** How many repositories the installation reaches. */
  countRepositories(installationId: number): Promise<number>
}

export function openAppReads(call: SendRequest): AppReads {
  return {
    async readApp() {
      const { body, date } = await call(null, 'read', 'GET /app')
      return { settings: readAnswer(() => translateAppSettings(body)), date }
    },

    async readWebhook() {
      try {
        const { body } = await call(null, 'read', 'GET /app/hook/config')
        return readAnswer(() => translateWebhookSettings(body))
      } catch (failure) {
        return nullIfNotFound(failure)
      }
    },

    async listLatestDeliveries() {
      const { body } = await call(null, 'read', 'GET /app/hook/deliveries', { per_page: 100 })
      return readAnswer(() => translateDeliveryAttempts(body))
    },

    async listInstallations() {
      const { items } = await readList(async (page) => {
        const { body, hasNextPage } = await call(null, 'read', 'GET /app/installations', { per_page: 100, page })
        return { items: expectObjects(body, 'the installations'), hasNextPage }
      })
      return readAnswer(() => translateListedInstallations(items))
    },

    async countRepositories(installationId) {
      const access = { installationId, repositoryId: 0, owner: '', name: '' }
      const { body } = await call(access, 'read', 'GET /installation/repositories', { per_page: 1 })
      return expectPresent(asNumber(expectObject(body, 'the repositories').total_count), 'total_count')
    },
  }
}
