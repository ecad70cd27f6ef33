import type { ContainerFile } from "../contract/container";

/** Name of the filter in HAProxy's configuration, behind `lua.`; its argument is the most bytes of a body. */
export const BODY_LIMIT_FILTER = "body-limit";

/**
 * A filter of HAProxy for bodies that do not say how long they are. `req.body_size` compares what was announced, so
 * that a chunked body streams past it, and HAProxy has no counter of its own for what streams. Only such bodies go
 * through Lua.
 */
export const BODY_LIMIT_FILE: ContainerFile = {
  path: "/usr/local/etc/haproxy/body-limit.lua",
  content: `local Limit = { id = "${BODY_LIMIT_FILTER}", flags = filter.FLT_CFG_FL_HTX }
Limit.__index = Limit

function Limit:new()
  return setmetatable({ most = self.most, seen = 0 }, Limit)
end

function Limit:http_headers(_, message)
  if not message:is_resp() and message:get_headers()["transfer-encoding"] then
    filter.register_data_filter(self, message.channel)
  end
end

function Limit:http_payload(transaction, message)
  -- Called once more after the answer below, with what is left.
  if self.refused then return 0 end
  local bytes = message:input()
  self.seen = self.seen + bytes
  if self.seen <= self.most then return bytes end
  self.refused = true
  transaction:done(transaction:reply({
    status = 413,
    headers = { ["content-type"] = { "application/json" }, connection = { "close" } },
    body = '{"detail":"Content Too Large"}',
  }))
  return 0
end

core.register_filter("${BODY_LIMIT_FILTER}", Limit, function(limit, arguments)
  limit.most = tonumber(arguments[1])
  return limit
end)
`,
};
