-- Notes as a web service: GET /notes is a JSON list, POST /notes adds the request's body, one line of text, as a note.
-- It reaches globals by ecp-node alone, the command that the container contract gives to every server. A note is
-- ^demo.notes(<microseconds>,"<server>"), so that two servers never write to the same node.

local SERVER = assert(os.getenv('HOSTNAME'):match('^[a-z0-9-]+$'), 'HOSTNAME must be the name of a server')
local MOST_BYTES = 200

local function answer(applet, status, body)
  applet:set_status(status)
  applet:add_header('content-type', 'application/json; charset=utf-8')
  applet:add_header('cache-control', 'no-store')
  applet:add_header('content-length', #body)
  applet:start_response()
  applet:send(body)
end

local function json(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ('\\u%04x'):format(c:byte()) end) .. '"'
end

local function fail(applet, status, words)
  answer(applet, status, '{"error":' .. json(words) .. '}')
end

-- The value of a listed expression: "strings" with "" for a quote, $C(byte,…) for what does not print, joined by _; or a number.
local function evaluate(expression)
  local parts, at = {}, 1
  while at <= #expression do
    local text, after_text = expression:match('^"([^"]*)"()', at)
    local codes, after_codes = expression:match('^%$C%(([%d,]+)%)()', at)
    if text then
      local doubled = parts.after == at
      parts[#parts + 1] = (doubled and '"' or '') .. text
      parts.after, at = after_text, after_text
    elseif codes then
      for code in codes:gmatch('%d+') do parts[#parts + 1] = string.char(tonumber(code)) end
      at = after_codes
    elseif expression:sub(at, at) == '_' then
      at = at + 1
    else
      parts[#parts + 1] = expression:sub(at)
      break
    end
  end
  return table.concat(parts)
end

core.register_service('read_notes', 'http', function(applet)
  local pipe = io.popen("ecp-node zwrite '^demo.notes' 2>&1")
  local notes, words = {}, ''
  for line in pipe:lines() do
    local time, server, value = line:match('^%^demo%.notes%((%d+),"([a-z0-9-]+)"%)=(.*)$')
    if time then
      notes[#notes + 1] = ('{"time":%s,"server":%s,"text":%s}'):format(time, json(server), json(evaluate(value)))
    else
      words = line
    end
  end
  if not pipe:close() then return fail(applet, 503, words) end
  answer(applet, 200, '{"server":' .. json(SERVER) .. ',"notes":[' .. table.concat(notes, ',') .. ']}')
end)

core.register_service('write_note', 'http', function(applet)
  local text = applet:receive():gsub('%s+', ' ')
  if text == '' or #text > MOST_BYTES then
    return fail(applet, 400, 'a note must have 1 to ' .. MOST_BYTES .. ' bytes, got ' .. #text .. '; write another')
  end
  local now = core.now()
  local reference = ('^demo.notes(%d%06d,"%s")'):format(now.sec, now.usec, SERVER)
  -- The note is acknowledged when it is in the data server's journal.
  local pipe = io.popen("ecp-node set '" .. reference .. "' && ecp-node sync", 'w')
  pipe:write(text)
  local done, _, code = pipe:close()
  if not done then return fail(applet, 503, 'the note was not written (ecp-node ended with code ' .. code .. ')') end
  answer(applet, 201, '{"time":' .. now.sec .. '}')
end)
