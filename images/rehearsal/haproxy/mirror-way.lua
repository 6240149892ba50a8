-- Connections that come while no member of the mirror serves wait for one that does, instead of failing.
core.register_action("await_primary", { "tcp-req" }, function(txn)
  for _ = 1, 180 do
    if txn.f:nbsrv("database") > 0 then return end
    core.msleep(50)
  end
end)
