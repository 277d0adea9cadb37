// The worker that all tabs of one viewer share. Its name says who that is: somebody who signs in as another gets another.
import { createStreamHub } from './stream-hub.js'

const hub = createStreamHub(JSON.parse(self.name))
self.onconnect = ({ ports: [port] }) => {
  const post = (message) => port.postMessage(message)
  port.onmessage = ({ data }) => hub.receive(port, post, data)
}
