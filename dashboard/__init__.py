"""Release reliability dashboard: may we ship this, why, and when does that change?"""
