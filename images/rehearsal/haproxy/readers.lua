-- For subjects that may only read: lets requests to GT.CM through that read, and answers others as GT.CM does for a database that it cannot
-- write. A message is its length in two bytes and a body, which begins with the kind (GT.M, cmmdef.h); each request has one answer.
local DATA, GET, ORDER, PREVIOUS, QUERY, REVERSE_QUERY = 16, 17, 19, 20, 22, 55
local INIT_PROCESS, INIT_REGION, TERMINATE, END_WITH_ERROR, RESIZE = 33, 34, 35, 48, 49
local READS = {}
for _, kind in ipairs({ DATA, GET, ORDER, PREVIOUS, QUERY, REVERSE_QUERY, INIT_PROCESS, RESIZE }) do READS[kind] = true end
local DATABASE = (os.getenv('ECP_DIRECTORY') or '') .. 'GTM.DAT'
local DAYS_24 = 24 * 86400

-- What GT.CM answers to a write into a database that it has opened for reading.
local function refusal()
  local words = '%GTM-E-DBPRIVERR, No privilege for attempted update operation for file: ' .. DATABASE
  return string.pack('>s2', string.char(1, 0, 1) .. string.pack('<I2', #words) .. '\xda\x84\xf6\x18\2\0\0\0' .. words)
end

local function is_allowed(kind, body)
  -- A client names the file that the server opens.
  if kind == INIT_REGION then return body == string.pack('<Bs2', INIT_REGION, DATABASE) end
  return READS[kind]
end

-- A whole message and its body, or nothing when the other side has ended.
local function message(side)
  local head = side:receive(2)
  if not head or #head < 2 then return end
  local length = string.unpack('>I2', head)
  local body = side:receive(length)
  if body and #body == length then return head .. body, body end
end

core.register_service('readers', 'tcp', function(client)
  local server = core.tcp()
  server:settimeout(DAYS_24)
  if not server:connect('127.0.0.1', 2984) then return end
  while true do
    local request, body = message(client)
    if not request or #body == 0 then break end
    local kind = body:byte()
    if kind == TERMINATE or kind == END_WITH_ERROR then
      server:send(request)
      break
    end
    local answer
    if is_allowed(kind, body) then
      server:send(request)
      answer = message(server)
    else
      answer = refusal()
    end
    if not answer then break end
    client:send(answer)
  end
  server:close()
end)
