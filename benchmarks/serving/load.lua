-- For wrk: sends the requests of a file in turn, and prints what came of it as JSON. Arguments: the file.
-- The file holds, again and again, the length of a request on a line and then its bytes.

local messages, turn = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    messages[#messages + 1] = file:read(length)
  end
  file:close()
end

function request()
  turn = turn % #messages + 1
  return messages[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "errors": %d, "median_ms": %.4f, "p99_ms": %.4f, "max_ms": %.4f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
