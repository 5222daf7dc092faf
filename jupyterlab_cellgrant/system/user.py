"""Who a user of this machine is, as its directory service has them."""

from __future__ import annotations

import grp
import os
import pwd
from typing import Any


def user_of(uid: int, gid: int) -> dict[str, Any]:
    """What the sidecar is told of a user (server/users/users.ts). ``gid`` counts for one who has
    no entry, and then their number is their name. May take long; OSError where it fails."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return {"uid": uid, "gid": gid, "name": str(uid), "groups": []}
    groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
    names = [name for it in groups if (name := _group_name(it))]
    return {"uid": uid, "gid": entry.pw_gid, "name": entry.pw_name, "groups": names}


def _group_name(gid: int) -> str | None:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None
