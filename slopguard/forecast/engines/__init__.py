"""What each server of models is, and what it tells about speculation: one table over the campaign's client.

| module | holds |
|---|---|
| `speculation` | the neutral record of what was drafted and accepted, and how each server's words become one |
| `table` | the engines: what they are known by, where they tell, whether a request can opt out |
| `counters` | a server's metrics, and what two readings of them say of one request |
| `tokenwise` | how an engine goes on from tokens by their numbers, and tells the chances of the next one |
| `logprobs` | whether log-probabilities that came back hold anything |
| `server` | the campaign's client with a few more paths |
| `model` | one model of such a server: a `Sampler` whose answers come with their record |
| `identify` | which engine a server is |
| `probe` `probed` | asks a server what it is and does; what came of it, in words and for programs |

Invariants: nothing a server says is believed before it was seen to be possible; what is not told is "unknown", never 0;
`Shape.SEEN` stands only at what a real server was seen to send, everything else is `Shape.READ` from documentation.
"""
